import { isAbsent, isObject, type JsonObject } from '../../../lib/json.ts'
import { MODEL_OPTIONS, type OptionKind } from '../../../lib/ollama-options.ts'
import { wrongField } from '../canonical/field-checks.ts'

const KINDS: ReadonlyMap<string, OptionKind> = new Map(Object.entries(MODEL_OPTIONS))

const EXPECTED: Readonly<Record<OptionKind, string>> = {
  number: 'a number',
  integer: 'a whole number',
  boolean: 'a boolean',
  strings: 'a string or an array of strings',
}

/** The first that is given counts. */
const MAXIMUM_TOKENS = ['max_completion_tokens', 'max_tokens'] as const

/** The client's fields that end in `options`. */
export const OPTION_FIELDS: readonly string[] = ['options', ...MAXIMUM_TOKENS, ...Object.keys(MODEL_OPTIONS)]

/**
 * Sampling fields and Ollama's own ones beside them -> `options`; what the client wrote into `options` itself wins,
 * then `num_predict` over `max_tokens`. A negative `max_tokens` is Ollama's "without limit". Types are checked here:
 * Ollama may answer a wrong one with a 500, which would count against the backend. Undefined when there are none.
 */
export function encodeOptions(fields: JsonObject): JsonObject | undefined {
  const options = { ...encodeMaximum(fields), ...optionsIn(fields, ''), ...optionsIn(nestedOptions(fields['options']), 'options.') }
  return Object.keys(options).length === 0 ? undefined : options
}

function encodeMaximum(fields: JsonObject): JsonObject {
  const name = MAXIMUM_TOKENS.find((candidate) => !isAbsent(fields[candidate]))
  if (name === undefined) return {}
  const maximum = fields[name]
  // Ollama reads 0 as no limit at all.
  if (!Number.isInteger(maximum) || maximum === 0) throw wrongField(name, 'a whole number from 1 and up')
  return { num_predict: maximum }
}

/** Of the client's top-level fields only those with a known name are options; inside of `options` all are. */
function optionsIn(fields: JsonObject, prefix: '' | 'options.'): JsonObject {
  const names = Object.keys(prefix === '' ? MODEL_OPTIONS : fields).filter((name) => !isAbsent(fields[name]))
  return Object.fromEntries(names.map((name) => [name, checkedOption(name, fields[name], `${prefix}${name}`)]))
}

function nestedOptions(options: unknown): JsonObject {
  if (isAbsent(options)) return {}
  if (!isObject(options)) throw wrongField('options', 'an object')
  return options
}

function checkedOption(name: string, value: unknown, param: string): unknown {
  const kind = KINDS.get(name)
  if (kind === undefined) return value
  const option = kind === 'strings' && typeof value === 'string' ? [value] : value
  if (!isOfKind(option, kind)) throw wrongField(param, EXPECTED[kind])
  return option
}

function isOfKind(value: unknown, kind: OptionKind): boolean {
  if (kind === 'integer') return Number.isInteger(value)
  if (kind === 'strings') return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
  return typeof value === kind
}
