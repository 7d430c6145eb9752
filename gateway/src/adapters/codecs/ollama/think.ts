import { isAbsent, isObject, type JsonObject } from '../../../lib/json.ts'
import { wrongField } from '../canonical/field-checks.ts'

/** OpenAI's efforts, with those that others use, -> Ollama's `think`. */
const THINK_OF_EFFORT: ReadonlyMap<unknown, boolean | string> = new Map<unknown, boolean | string>([
  ['none', false],
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'max'],
  ['ultra', 'max'],
  ['max', 'max'],
])

/** The client's fields that `encodeThink` reads. */
export const THINK_FIELDS = ['reasoning_effort', 'reasoning'] as const

/**
 * `reasoning_effort`, `reasoning.effort` or `reasoning.enabled` -> `think`. Undefined leaves it to the model, which thinks if it can; a
 * model that can't refuses any value with a 400, and which one can is not known here.
 */
export function encodeThink(fields: JsonObject): boolean | string | undefined {
  const { reasoning, reasoning_effort: effort } = fields
  if (!isAbsent(effort)) return thinkOf(effort, 'reasoning_effort')
  if (isAbsent(reasoning)) return undefined
  if (!isObject(reasoning)) throw wrongField('reasoning', 'an object')
  if (!isAbsent(reasoning['effort'])) return thinkOf(reasoning['effort'], 'reasoning.effort')
  return typeof reasoning['enabled'] === 'boolean' ? reasoning['enabled'] : undefined
}

function thinkOf(effort: unknown, param: string): boolean | string {
  const think = THINK_OF_EFFORT.get(effort)
  if (think === undefined) throw wrongField(param, 'one of none, minimal, low, medium, high, xhigh, ultra, max')
  return think
}
