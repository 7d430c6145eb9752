import type { JsonObject } from '../../../lib/json.ts'

export interface TokenCounts {
  readonly prompt: number
  readonly completion: number
  /** Where the backend tells one; else the sum. */
  readonly total?: number | undefined
}

/** OpenAI's usage of a completion, before its details. */
export function completionUsage({ prompt, completion, total }: TokenCounts): JsonObject {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total ?? prompt + completion }
}

/** OpenAI's usage of embeddings. */
export function embeddingUsage(tokens: number): JsonObject {
  return { prompt_tokens: tokens, total_tokens: tokens }
}

/** A count that a backend tells; undefined for what is no whole number from 0 up. */
export function readCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

/** The same, where what is not told is 0. */
export function countOf(value: unknown): number {
  return readCount(value) ?? 0
}
