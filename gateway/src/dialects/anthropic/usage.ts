import type { JsonObject } from '../../lib/json.ts'
import { readTokenUsage } from '../canonical/token-usage.ts'

/** OpenAI's usage -> Anthropic's, whose `input_tokens` leave out what was read from or written to a cache. */
export function toUsage(usage: JsonObject | undefined): JsonObject {
  const { prompt, completion, cached, written, reasoning } = readTokenUsage(usage)
  return {
    input_tokens: Math.max(0, prompt - cached - written),
    output_tokens: completion,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached,
    ...(reasoning === undefined ? {} : { output_tokens_details: { thinking_tokens: reasoning } }),
  }
}
