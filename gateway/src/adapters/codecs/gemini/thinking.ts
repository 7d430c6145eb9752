import { isObject, type JsonObject } from '../../../lib/json.ts'
import { readEffort, type Effort } from '../canonical/reasoning-effort.ts'
import { isThirdGeneration } from './model-name.ts'

type Budgets = Readonly<Record<Effort, number>>
type Levels = Readonly<Record<Effort, string>>

/** Budgets in tokens by which Google's own OpenAI layer reads the efforts; its models of the second generation go no further than the last. */
const BUDGETS = { minimal: 1_024, low: 1_024, medium: 8_192, high: 24_576, xhigh: 24_576, max: 24_576 } as const satisfies Budgets
/** `MINIMAL` is refused by most models of the third generation; the lowest that all of them take is `LOW`. */
const LEVELS = { minimal: 'LOW', low: 'LOW', medium: 'MEDIUM', high: 'HIGH', xhigh: 'HIGH', max: 'HIGH' } as const satisfies Levels

/** Gemini 2.5 Pro can't but think; this is its least budget. */
const LEAST_BUDGET = 128

/**
 * `reasoning_effort` -> `thinkingConfig`: a level from the third generation on, before it and for names that tell none a
 * budget, which all take. Its thoughts are asked for then; without an effort the model's own default holds, and it tells
 * none. `none` switches thinking off, or down to the least where a model can't stop. What a client says in
 * `extra_body.google.thinking_config`, as to Google's OpenAI layer, goes as it is and stands above the effort.
 */
export function toThinkingConfig(fields: JsonObject, model: string): JsonObject | undefined {
  const own = googleExtras(fields)['thinking_config']
  if (isObject(own)) return own
  const effort = readEffort(fields)
  if (effort === undefined) return undefined
  const modern = isThirdGeneration(model)
  if (effort === 'none') return modern ? { thinkingLevel: LEVELS.minimal } : { thinkingBudget: leastBudget(model) }
  return { includeThoughts: true, ...(modern ? { thinkingLevel: LEVELS[effort] } : { thinkingBudget: BUDGETS[effort] }) }
}

/** Fields for Google, where clients of its OpenAI layer put them. */
export function googleExtras(fields: JsonObject): JsonObject {
  const extra = fields['extra_body']
  const google = isObject(extra) ? extra['google'] : undefined
  return isObject(google) ? google : {}
}

function leastBudget(model: string): number {
  return /gemini-2\.5-pro/.test(model) ? LEAST_BUDGET : 0
}
