import { arrayOf, objectOf, stringOf } from './json.ts'
import { mix32 } from '../lib/hash.ts'
import { wordsOf } from './text.ts'

/** Deeper than this a schema is answered with null: recursive schemas must end. */
const MAXIMUM_DEPTH = 8

/** A value that fits a JSON Schema as tools and `response_format` use them, the same for the same seed. */
export function valueForSchema(schema: unknown, seed: number, depth = 0): unknown {
  const { type, properties, items, enum: choices, const: constant, anyOf } = objectOf(schema)
  if (depth > MAXIMUM_DEPTH) return null
  if (constant !== undefined) return constant
  const choice = arrayOf(choices)
  if (choice.length > 0) return choice[seed % choice.length]
  if (Array.isArray(anyOf)) return valueForSchema(anyOf[0], seed, depth + 1)
  const kind = Array.isArray(type) ? stringOf(type[0]) : stringOf(type)
  switch (kind ?? (properties === undefined ? 'null' : 'object')) {
    case 'object':
      return Object.fromEntries(
        Object.entries(objectOf(properties)).map(([name, inner], index) => [name, valueForSchema(inner, mix32(seed, index), depth + 1)]),
      )
    case 'array':
      return [valueForSchema(items, mix32(seed, 1), depth + 1)]
    case 'string':
      return wordsOf(seed, 2).join('')
    case 'integer':
    case 'number':
      return seed % 100
    case 'boolean':
      return seed % 2 === 0
    default:
      return null
  }
}
