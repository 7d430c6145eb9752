import { isObject, type JsonObject } from '../../endpoints/call.ts'

/**
 * OpenAI's usage → Anthropic's, whose `input_tokens` leave out what was read from or written to a cache. Zeros where
 * the backend told nothing: a client's counters add them up and may not meet an undefined.
 */
export function toUsage(usage: JsonObject | undefined): JsonObject {
  const told = usage ?? {}
  const details = isObject(told['prompt_tokens_details']) ? told['prompt_tokens_details'] : {}
  // Moonshot and DeepSeek have names of their own for a hit.
  const read = count(details['cached_tokens'] ?? told['cached_tokens'] ?? told['prompt_cache_hit_tokens'])
  const written = count(details['cache_creation_input_tokens'] ?? told['cache_creation_input_tokens'])
  return {
    input_tokens: Math.max(0, count(told['prompt_tokens']) - read - written),
    output_tokens: count(told['completion_tokens']),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    ...thinkingTokens(told['completion_tokens_details']),
  }
}

function thinkingTokens(details: unknown): JsonObject {
  const reasoning = isObject(details) ? details['reasoning_tokens'] : undefined
  return typeof reasoning === 'number' ? { output_tokens_details: { thinking_tokens: count(reasoning) } } : {}
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0
}
