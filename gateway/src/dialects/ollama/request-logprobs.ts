import { isAbsent, type JsonObject } from '../../lib/json.ts'
import { invalid, optionalBoolean } from '../canonical/field-checks.ts'

export interface AskedLogprobs {
  /** Alternatives at each token, beside the chosen one. */
  readonly alternatives: number
}

const MAXIMUM_ALTERNATIVES = 20

/** Undefined where none are asked for. `top_logprobs` alone asks for nothing. */
function askedLogprobs({ logprobs, top_logprobs: top }: JsonObject): AskedLogprobs | undefined {
  const asked = optionalBoolean(logprobs, 'logprobs')
  const alternatives = isAbsent(top) ? 0 : top
  if (typeof alternatives !== 'number' || !Number.isInteger(alternatives) || alternatives < 0 || alternatives > MAXIMUM_ALTERNATIVES)
    throw invalid('top_logprobs', `a whole number from 0 to ${MAXIMUM_ALTERNATIVES}`)
  return asked === true ? { alternatives } : undefined
}

export function chatLogprobs(fields: JsonObject): JsonObject {
  const asked = askedLogprobs(fields)
  if (asked === undefined) return {}
  return { logprobs: true, ...(asked.alternatives === 0 ? {} : { top_logprobs: asked.alternatives }) }
}

/** OpenAI's completions ask by the number of alternatives. */
export function completionLogprobs(fields: JsonObject): JsonObject {
  const asked = askedLogprobs(fields)
  return asked === undefined ? {} : { logprobs: asked.alternatives }
}
