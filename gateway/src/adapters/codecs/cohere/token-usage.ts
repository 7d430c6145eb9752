import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { givenOnly } from './given.ts'

/**
 * Cohere counts twice: `tokens` with its own hidden preamble, `billed_units` without. What the model read is told,
 * as other backends do, and the billed counts beside it. Undefined where Cohere told nothing.
 */
export function toChatUsage(usage: unknown): JsonObject | undefined {
  if (!isObject(usage)) return undefined
  const prompt = countOf(usage, 'input_tokens')
  const completion = countOf(usage, 'output_tokens')
  if (prompt === undefined && completion === undefined) return undefined
  const cached = toCount(usage['cached_tokens'])
  return givenOnly({
    prompt_tokens: prompt ?? 0,
    completion_tokens: completion ?? 0,
    total_tokens: (prompt ?? 0) + (completion ?? 0),
    prompt_tokens_details: cached === undefined ? undefined : { cached_tokens: cached },
    billed_units: usage['billed_units'],
  })
}

/** A count of an answer's `usage` or `meta`: by tokens, else by billed units. */
export function countOf(counts: unknown, name: string): number | undefined {
  const { tokens, billed_units: billed } = isObject(counts) ? counts : {}
  return (isObject(tokens) ? toCount(tokens[name]) : undefined) ?? (isObject(billed) ? toCount(billed[name]) : undefined)
}

function toCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}
