import { isObject, type JsonObject } from '../../../lib/json.ts'
import { CodecRefusal } from '../codec.ts'

/** Deeper than any that a person or a generator writes; a deeper one could exhaust the stack. */
const MAXIMUM_DEPTH = 64

const SCHEMA_KEYS: ReadonlySet<string> = new Set([
  'items',
  'additionalProperties',
  'not',
  'contains',
  'propertyNames',
  'if',
  'then',
  'else',
])
const SCHEMA_LISTS: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
const SCHEMA_MAPS: ReadonlySet<string> = new Set(['properties', '$defs', 'patternProperties'])
/** About the schema, not of it; and OpenAI's own mark. */
const DROPPED: ReadonlySet<string> = new Set(['$schema', '$comment', 'strict'])

/**
 * A JSON Schema -> the one that Gemini's `...JsonSchema` fields take: no `$schema`, `definitions` under their newer name,
 * `const` as the only value of an `enum`, nothing beside a `$ref`. Names of properties stay what they are. Throws a
 * CodecRefusal beyond 64 levels.
 */
export function cleanSchema(schema: JsonObject, param: string): JsonObject {
  return clean(schema, { param, depth: 0 })
}

interface Place {
  readonly param: string
  readonly depth: number
}

function clean(schema: JsonObject, { param, depth }: Place): JsonObject {
  if (depth > MAXIMUM_DEPTH) throw new CodecRefusal(param, `The schema is nested deeper than ${MAXIMUM_DEPTH} levels`)
  const inside = { param, depth: depth + 1 }
  const entries = Object.entries(schema)
    .filter(([key]) => !DROPPED.has(key))
    .map(([key, value]) => cleanEntry(key, value, inside))
  return aloneReference(singleAllOf(Object.fromEntries(entries)))
}

function cleanEntry(key: string, value: unknown, place: Place): readonly [string, unknown] {
  if (key === '$ref' && typeof value === 'string') return [key, value.replace(/^#\/definitions\//, '#/$defs/')]
  if (key === 'const') return ['enum', [value]]
  const name = key === 'definitions' ? '$defs' : key
  if (SCHEMA_MAPS.has(name) && isObject(value))
    return [name, Object.fromEntries(Object.entries(value).map(([property, inner]) => [property, cleanInner(inner, place)]))]
  // `items` was a list before draft 2020-12.
  if (Array.isArray(value) && (SCHEMA_LISTS.has(name) || name === 'items'))
    return [name === 'items' ? 'prefixItems' : name, value.map((inner: unknown) => cleanInner(inner, place))]
  return [name, SCHEMA_KEYS.has(name) ? cleanInner(value, place) : value]
}

function cleanInner(value: unknown, place: Place): unknown {
  return isObject(value) ? clean(value, place) : value
}

/** Gemini has no `allOf`; generators write it around a single reference. */
function singleAllOf(schema: JsonObject): JsonObject {
  const { allOf, ...rest } = schema
  return Array.isArray(allOf) && allOf.length === 1 && !('anyOf' in rest) ? { ...rest, anyOf: allOf } : schema
}

/** Beside `$ref` only keywords that begin with `$` may stand; a description is too useful to be lost. */
function aloneReference(schema: JsonObject): JsonObject {
  const { $ref: reference, ...rest } = schema
  if (reference === undefined || Object.keys(rest).every((key) => key.startsWith('$'))) return schema
  if ('anyOf' in rest) return Object.fromEntries(Object.entries(schema).filter(([key]) => key.startsWith('$')))
  return { ...rest, anyOf: [{ $ref: reference }] }
}
