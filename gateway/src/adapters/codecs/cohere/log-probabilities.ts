import { isObject, type JsonObject } from '../../../lib/json.ts'
import { chatLogprobs } from '../canonical/log-probabilities.ts'

/**
 * Cohere's pieces of text with the log probabilities of their tokens -> OpenAI's `logprobs`. A piece of several tokens
 * stays one, with the probability of all of them: the sum. Null where there is none.
 */
export function toLogprobs(pieces: readonly unknown[]): JsonObject | null {
  return chatLogprobs(pieces.flatMap((piece) => toEntry(piece)))
}

function toEntry(piece: unknown): JsonObject[] {
  const { text, logprobs } = isObject(piece) ? piece : {}
  if (typeof text !== 'string' || !Array.isArray(logprobs) || !logprobs.every((value) => typeof value === 'number')) return []
  const logprob = logprobs.reduce((sum: number, value: number) => sum + value, 0)
  return [{ token: text, logprob, bytes: null, top_logprobs: [] }]
}
