import type { JsonObject } from '../../../lib/json.ts'

/** The `logprobs` of a chat's choice, of the tokens that a backend tells; null where it tells none. */
export function chatLogprobs(content: readonly object[]): JsonObject | null {
  return content.length === 0 ? null : { content, refusal: null }
}
