import { givenOnly, isObject, type JsonObject } from '../../../lib/json.ts'
import { completionUsage, readCount } from '../canonical/token-usage.ts'

/**
 * Cohere counts twice: `tokens` with its own hidden preamble, `billed_units` without. What the model read is told,
 * as other backends do, and the billed counts beside it. Undefined where Cohere told nothing.
 */
export function toChatUsage(usage: unknown): JsonObject | undefined {
  if (!isObject(usage)) return undefined
  const prompt = countIn(usage, 'input_tokens')
  const completion = countIn(usage, 'output_tokens')
  if (prompt === undefined && completion === undefined) return undefined
  const cached = readCount(usage['cached_tokens'])
  return givenOnly({
    ...completionUsage({ prompt: prompt ?? 0, completion: completion ?? 0 }),
    prompt_tokens_details: cached === undefined ? undefined : { cached_tokens: cached },
    billed_units: usage['billed_units'],
  })
}

/** A count of an answer's `usage` or `meta`: by tokens, else by billed units. */
export function countIn(counts: unknown, name: string): number | undefined {
  const { tokens, billed_units: billed } = isObject(counts) ? counts : {}
  return (isObject(tokens) ? readCount(tokens[name]) : undefined) ?? (isObject(billed) ? readCount(billed[name]) : undefined)
}
