import { isObject, type JsonObject } from '../../../lib/json.ts'
import { CodecRefusal } from '../codec.ts'

/** Keywords that Anthropic's structured outputs refuse: they are told in words instead, as its own SDKs do. */
const TOLD_IN_WORDS: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'maxItems',
  'uniqueItems',
  'contains',
  'minProperties',
  'maxProperties',
  'patternProperties',
  'propertyNames',
])
const FORMATS: ReadonlySet<unknown> = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'])
/** Deeper than any real schema, and far from the end of the stack. */
const MAXIMUM_DEPTH = 100

/**
 * A JSON schema in the subset that Anthropic enforces: objects are closed (`additionalProperties: false`), `oneOf` is
 * `anyOf`, and constraints that it can't enforce move into the description. Unknown keywords stay.
 */
export function strictSchema(schema: JsonObject, param: string): JsonObject {
  return strict(schema, { param, depth: 0 })
}

interface Place {
  readonly param: string
  readonly depth: number
}

function strict(schema: JsonObject, place: Place): JsonObject {
  if (place.depth > MAXIMUM_DEPTH) throw new CodecRefusal(place.param, `The schema is nested deeper than ${MAXIMUM_DEPTH} levels`)
  const inner = { param: place.param, depth: place.depth + 1 }
  const told: JsonObject[] = []
  const kept: Record<string, unknown> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === '$schema') continue
    if (isTold(keyword, value)) told.push({ [keyword]: value })
    else kept[keyword === 'oneOf' ? 'anyOf' : keyword] = strictValue(keyword, value, inner)
  }
  if (isObjectSchema(schema)) kept['additionalProperties'] = false
  if (told.length > 0) kept['description'] = withWords(kept['description'], told)
  return kept
}

function strictValue(keyword: string, value: unknown, inner: Place): unknown {
  switch (keyword) {
    case 'properties':
    case '$defs':
    case 'definitions':
      return isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, strictIfSchema(schema, inner)]))
        : value
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return Array.isArray(value) ? value.map((schema: unknown) => strictIfSchema(schema, inner)) : value
    case 'items':
      return strictIfSchema(value, inner)
    default:
      return value
  }
}

function strictIfSchema(value: unknown, inner: Place): unknown {
  return isObject(value) ? strict(value, inner) : value
}

function isTold(keyword: string, value: unknown): boolean {
  if (keyword === 'format') return !FORMATS.has(value)
  if (keyword === 'minItems') return value !== 0 && value !== 1
  return TOLD_IN_WORDS.has(keyword)
}

function isObjectSchema(schema: JsonObject): boolean {
  const type = schema['type']
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || (type === undefined && isObject(schema['properties']))
}

function withWords(description: unknown, told: readonly JsonObject[]): string {
  const words = told.flatMap((entry) => Object.entries(entry).map(([keyword, value]) => `${keyword}: ${JSON.stringify(value)}`)).join(', ')
  return typeof description === 'string' && description !== '' ? `${description} (${words})` : words
}
