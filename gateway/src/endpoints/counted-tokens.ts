import type { JsonObject } from '../lib/json.ts'
import type { AnswerContext } from './endpoint.ts'
import { readUsage } from './usage.ts'

/** TEI counts an answer's tokens in a header; undefined where it does not say. */
export function countedTokens({ headers }: AnswerContext): number | undefined {
  const count = Number(headers['x-compute-tokens'])
  return Number.isInteger(count) && count > 0 ? count : undefined
}

/** The answer with that count, where it tells none of its own; undefined where nothing is to be added. */
export function withCountedTokens(answer: JsonObject, context: AnswerContext): JsonObject | undefined {
  const count = countedTokens(context)
  if (count === undefined || (readUsage(answer)?.totalTokens ?? 0) > 0) return undefined
  return { ...answer, usage: { prompt_tokens: count, total_tokens: count } }
}
