import { isObject, type JsonObject } from '../../../endpoints/call.ts'

/**
 * Cohere's pieces of text with the log probabilities of their tokens → OpenAI's `logprobs`. A piece of several tokens
 * stays one, with the probability of all of them: the sum. Undefined where there is none.
 */
export function toLogprobs(pieces: readonly unknown[]): JsonObject | undefined {
  const content = pieces.flatMap((piece) => toEntry(piece) ?? [])
  return content.length === 0 ? undefined : { content }
}

function toEntry(piece: unknown): JsonObject | undefined {
  const { text, logprobs } = isObject(piece) ? piece : {}
  if (typeof text !== 'string' || !Array.isArray(logprobs) || !logprobs.every((value) => typeof value === 'number')) return undefined
  const logprob = logprobs.reduce((sum: number, value: number) => sum + value, 0)
  return { token: text, logprob, bytes: null, top_logprobs: [] }
}
