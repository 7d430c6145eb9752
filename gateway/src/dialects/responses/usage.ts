import { isObject, type JsonObject } from '../../endpoints/call.ts'

/** A chat completion's usage → that of a response. Zeros where the backend told nothing: clients add the counts up. */
export function toUsage(usage: JsonObject | undefined): JsonObject {
  const told = usage ?? {}
  const prompt = objectOf(told['prompt_tokens_details'])
  const completion = objectOf(told['completion_tokens_details'])
  const input = count(told['prompt_tokens'])
  const output = count(told['completion_tokens'])
  const total = count(told['total_tokens'])
  return {
    input_tokens: input,
    input_tokens_details: {
      // Moonshot and DeepSeek have names of their own for a hit.
      cached_tokens: count(prompt['cached_tokens'] ?? told['cached_tokens'] ?? told['prompt_cache_hit_tokens']),
      cache_write_tokens: count(
        prompt['cache_write_tokens'] ?? prompt['cache_creation_input_tokens'] ?? told['cache_creation_input_tokens'],
      ),
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: count(completion['reasoning_tokens']) },
    // xAI's total is more than the sum: a total that is told stands.
    total_tokens: total === 0 ? input + output : total,
  }
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0
}
