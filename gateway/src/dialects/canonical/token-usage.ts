import { isObject, type JsonObject } from '../../lib/json.ts'

/** A chat completion's usage; 0 where the backend told nothing, since a client's counters add the numbers up. */
export interface TokenUsage {
  /** With the cached ones. */
  readonly prompt: number
  readonly completion: number
  readonly total: number
  /** Read from a cache. */
  readonly cached: number
  /** Written to a cache. */
  readonly written: number
  /** Part of the completion; undefined where the backend doesn't tell. */
  readonly reasoning: number | undefined
}

export function readTokenUsage(usage: JsonObject | undefined): TokenUsage {
  const told = usage ?? {}
  const details = isObject(told['prompt_tokens_details']) ? told['prompt_tokens_details'] : {}
  const prompt = count(told['prompt_tokens'])
  const completion = count(told['completion_tokens'])
  return {
    prompt,
    completion,
    // xAI's total is more than the sum: a total that is told stands.
    total: count(told['total_tokens']) || prompt + completion,
    // Moonshot and DeepSeek have names of their own for a hit.
    cached: count(details['cached_tokens'] ?? told['cached_tokens'] ?? told['prompt_cache_hit_tokens']),
    written: count(details['cache_write_tokens'] ?? details['cache_creation_input_tokens'] ?? told['cache_creation_input_tokens']),
    reasoning: reasoningIn(told['completion_tokens_details']),
  }
}

function reasoningIn(details: unknown): number | undefined {
  const reasoning = isObject(details) ? details['reasoning_tokens'] : undefined
  return typeof reasoning === 'number' ? count(reasoning) : undefined
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0
}
