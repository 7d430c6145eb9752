import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecRefusal } from '../codec.ts'
import { isGiven } from './given-fields.ts'

type Kind = 'number' | 'integer' | 'boolean' | 'strings'

/** What Ollama's `options` hold, by their names there; the last five are of older releases. */
const KINDS: Readonly<Record<string, Kind>> = {
  temperature: 'number',
  top_p: 'number',
  top_k: 'integer',
  min_p: 'number',
  typical_p: 'number',
  seed: 'integer',
  stop: 'strings',
  num_predict: 'integer',
  num_keep: 'integer',
  repeat_last_n: 'integer',
  repeat_penalty: 'number',
  presence_penalty: 'number',
  frequency_penalty: 'number',
  num_ctx: 'integer',
  num_batch: 'integer',
  num_gpu: 'integer',
  main_gpu: 'integer',
  num_thread: 'integer',
  draft_num_predict: 'integer',
  use_mmap: 'boolean',
  mirostat: 'integer',
  mirostat_tau: 'number',
  mirostat_eta: 'number',
  tfs_z: 'number',
  penalize_newline: 'boolean',
}

const EXPECTED: Readonly<Record<Kind, string>> = {
  number: 'a number',
  integer: 'a whole number',
  boolean: 'a boolean',
  strings: 'a string or an array of strings',
}

/** The first that is given counts. */
const MAXIMUM_TOKENS = ['max_completion_tokens', 'max_tokens'] as const

/** The client's fields that end in `options`. */
export const OPTION_FIELDS: readonly string[] = ['options', ...MAXIMUM_TOKENS, ...Object.keys(KINDS)]

/**
 * Sampling fields and Ollama's own ones beside them → `options`; what the client wrote into `options` itself wins,
 * then `num_predict` over `max_tokens`. A negative `max_tokens` is Ollama's "without limit". Types are checked here:
 * Ollama may answer a wrong one with a 500, which would count against the backend. Undefined when there are none.
 */
export function encodeOptions(fields: JsonObject): JsonObject | undefined {
  const options = { ...encodeMaximum(fields), ...optionsIn(fields, ''), ...optionsIn(nestedOptions(fields['options']), 'options.') }
  return Object.keys(options).length === 0 ? undefined : options
}

function encodeMaximum(fields: JsonObject): JsonObject {
  const name = MAXIMUM_TOKENS.find((candidate) => isGiven(fields[candidate]))
  if (name === undefined) return {}
  const maximum = fields[name]
  // Ollama reads 0 as no limit at all.
  if (!Number.isInteger(maximum) || maximum === 0) throw new CodecRefusal(name, `The field "${name}" must be a whole number from 1 and up`)
  return { num_predict: maximum }
}

/** Of the client's top-level fields only those with a known name are options; inside of `options` all are. */
function optionsIn(fields: JsonObject, prefix: '' | 'options.'): JsonObject {
  const names = Object.keys(prefix === '' ? KINDS : fields).filter((name) => isGiven(fields[name]))
  return Object.fromEntries(names.map((name) => [name, checkedOption(name, fields[name], `${prefix}${name}`)]))
}

function nestedOptions(options: unknown): JsonObject {
  if (!isGiven(options)) return {}
  if (!isObject(options)) throw new CodecRefusal('options', 'The field "options" must be an object')
  return options
}

function checkedOption(name: string, value: unknown, param: string): unknown {
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined
  if (kind === undefined) return value
  const option = kind === 'strings' && typeof value === 'string' ? [value] : value
  if (!isOfKind(option, kind)) throw new CodecRefusal(param, `The field "${param}" must be ${EXPECTED[kind]}`)
  return option
}

function isOfKind(value: unknown, kind: Kind): boolean {
  if (kind === 'integer') return Number.isInteger(value)
  if (kind === 'strings') return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
  return typeof value === kind
}
