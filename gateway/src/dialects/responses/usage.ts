import type { JsonObject } from '../../lib/json.ts'
import { readTokenUsage } from '../canonical/token-usage.ts'

/** A chat completion's usage -> that of a response. */
export function toUsage(usage: JsonObject | undefined): JsonObject {
  const { prompt, completion, total, cached, written, reasoning } = readTokenUsage(usage)
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
    output_tokens: completion,
    output_tokens_details: { reasoning_tokens: reasoning ?? 0 },
    total_tokens: total,
  }
}
