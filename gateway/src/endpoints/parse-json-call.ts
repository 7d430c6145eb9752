import { isUtf8 } from 'node:buffer'
import { GatewayError } from '../errors/gateway-error.ts'
import { JsonShapeError, scanMembers } from '../lib/json-members.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import type { JsonCall } from './call.ts'
import type { Endpoint, FieldRule } from './endpoint.ts'

/** Deeper than any tool schema seen in the wild; deeper JSON is an attack on somebody's recursive parser. */
const MAXIMUM_DEPTH = 64
/** Fields that the gateway reads itself: twice in one body, the gateway and the backend could read different ones. */
const READ_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'stream_options',
  'encoding_format',
  'documents',
  'top_n',
  'user',
  'prompt_cache_key',
])
const MAXIMUM_MODEL_LENGTH = 256

/** A JSON body, read once. */
export interface ParsedBody {
  readonly bytes: Buffer
  readonly fields: JsonObject
  readonly members: JsonCall['members']
}

/** Bytes -> call. Throws a 400 that names the field. */
export function parseJsonCall(endpoint: Endpoint, bytes: Buffer): JsonCall {
  return toJsonCall(endpoint, parseFields(bytes))
}

/** The call that these fields are, in OpenAI's words, whatever its client's were. Throws a 400 that names the field. */
export function canonicalCall(endpoint: Endpoint, fields: JsonObject): JsonCall {
  const bytes = Buffer.from(JSON.stringify(fields))
  return toJsonCall(endpoint, { bytes, fields, members: membersOf(bytes) })
}

/** Throws a 400 for what is no JSON object, too deep, or has a field twice that the gateway reads. */
export function parseFields(bytes: Buffer): ParsedBody {
  const fields = parseObject(bytes)
  const members = membersOf(bytes)
  const seen = new Set<string>()
  for (const { key } of members.members) {
    if (seen.has(key) && READ_FIELDS.has(key))
      throw new GatewayError('duplicate_field', `The field "${key}" stands in the body twice`, { param: key })
    seen.add(key)
  }
  return { bytes, fields, members }
}

function toJsonCall(endpoint: Endpoint, { bytes, fields, members }: ParsedBody): JsonCall {
  const model = modelOf(fields['model'])
  const stream = fields['stream']
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') throw invalid('stream', 'a boolean')
  for (const rule of endpoint.required) checkField(fields, rule)
  const options = fields['stream_options']
  if (options !== undefined && options !== null && !isObject(options)) throw invalid('stream_options', 'an object')
  return { kind: 'json', endpoint, model, stream: isStream(endpoint, fields), fields, bytes, members }
}

/** Speech says `stream_format: sse`, the others `stream: true`. */
function isStream(endpoint: Endpoint, fields: JsonObject): boolean {
  if (endpoint.stream === 'none') return false
  return endpoint.answer === 'bytes' ? fields['stream_format'] === 'sse' : fields['stream'] === true
}

export function modelOf(model: unknown): string {
  if (model === undefined || model === null || model === '')
    throw new GatewayError('missing_field', 'The field "model" is missing', { param: 'model' })
  if (typeof model !== 'string') throw invalid('model', 'a string')
  if (model.length > MAXIMUM_MODEL_LENGTH || /\p{Cc}/u.test(model))
    throw invalid('model', `a name of at most ${MAXIMUM_MODEL_LENGTH} characters without control characters`)
  return model
}

function parseObject(bytes: Buffer): JsonObject {
  if (bytes.length === 0) throw new GatewayError('invalid_json', 'The body is empty; expected a JSON object')
  if (!isUtf8(bytes)) throw new GatewayError('invalid_json', 'The body is not valid UTF-8')
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    // V8's message quotes the text around the fault: a prompt must not travel into an error.
    throw new GatewayError('invalid_json', 'The body is not valid JSON')
  }
  if (!isObject(value)) throw new GatewayError('invalid_json', 'The body is not a JSON object')
  return value
}

function membersOf(bytes: Buffer): JsonCall['members'] {
  try {
    return scanMembers(bytes, MAXIMUM_DEPTH)
  } catch (error) {
    if (!(error instanceof JsonShapeError)) throw error
    throw new GatewayError('invalid_json', error.message, error.field === undefined ? {} : { param: error.field })
  }
}

function checkField(fields: JsonObject, rule: FieldRule): void {
  const value = fields[rule.name]
  if (value === undefined || value === null)
    throw new GatewayError('missing_field', `The field "${rule.name}" is missing`, { param: rule.name })
  if (rule.kind === 'array' && !Array.isArray(value)) throw invalid(rule.name, 'an array')
  if (rule.kind === 'string' && typeof value !== 'string') throw invalid(rule.name, 'a string')
}

function invalid(name: string, expected: string): GatewayError {
  return new GatewayError('invalid_field', `The field "${name}" must be ${expected}`, { param: name })
}
