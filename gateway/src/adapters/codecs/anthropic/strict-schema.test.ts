import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../lib/json.ts'
import { refusedParam } from './fixtures/calls.ts'
import { strictSchema } from './strict-schema.ts'

const strict = (schema: JsonObject) => strictSchema(schema, 'p')

describe('strictSchema', () => {
  it('closes objects on every level', () => {
    expect(
      strict({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        required: ['a'],
        properties: { a: { type: ['object', 'null'], additionalProperties: true }, b: { type: 'array', items: { properties: {} } } },
        $defs: { c: { type: 'object', properties: { d: { $ref: '#/$defs/c' } } } },
        definitions: { e: { type: 'object' } },
        anyOf: [{ type: 'object' }, true],
        allOf: [{ type: 'object' }],
      }),
    ).toEqual({
      type: 'object',
      required: ['a'],
      properties: {
        a: { type: ['object', 'null'], additionalProperties: false },
        b: { type: 'array', items: { properties: {}, additionalProperties: false } },
      },
      $defs: { c: { type: 'object', properties: { d: { $ref: '#/$defs/c' } }, additionalProperties: false } },
      definitions: { e: { type: 'object', additionalProperties: false } },
      anyOf: [{ type: 'object', additionalProperties: false }, true],
      allOf: [{ type: 'object', additionalProperties: false }],
      additionalProperties: false,
    })
  })

  it('writes oneOf as anyOf', () =>
    expect(strict({ oneOf: [{ type: 'string' }, { type: 'object' }] })).toEqual({
      anyOf: [{ type: 'string' }, { type: 'object', additionalProperties: false }],
    }))

  it.each([
    [{ type: 'string' }, { type: 'string' }],
    [
      { type: 'number', minimum: 1, maximum: 5, description: 'A grade' },
      { type: 'number', description: 'A grade (minimum: 1, maximum: 5)' },
    ],
    [
      { type: 'string', pattern: '^a', format: 'regex' },
      { type: 'string', description: 'pattern: "^a", format: "regex"' },
    ],
    [
      { type: 'string', format: 'date-time', description: '' },
      { type: 'string', format: 'date-time', description: '' },
    ],
    [
      { type: 'array', minItems: 0 },
      { type: 'array', minItems: 0 },
    ],
    [
      { type: 'array', minItems: 1 },
      { type: 'array', minItems: 1 },
    ],
    [
      { type: 'array', minItems: 2, description: '' },
      { type: 'array', description: 'minItems: 2' },
    ],
    [
      { enum: ['a'], const: 'a', title: 't', default: 1 },
      { enum: ['a'], const: 'a', title: 't', default: 1 },
    ],
    [
      { properties: 'x', items: [1], anyOf: 1, $defs: [] },
      { properties: 'x', items: [1], anyOf: 1, $defs: [] },
    ],
  ])('%j', (schema, written) => expect(strict(schema)).toEqual(written))

  it.each([
    'exclusiveMinimum',
    'exclusiveMaximum',
    'multipleOf',
    'minLength',
    'maxLength',
    'maxItems',
    'uniqueItems',
    'contains',
    'minProperties',
    'maxProperties',
    'patternProperties',
    'propertyNames',
  ])('tells %s in words', (keyword) => expect(strict({ [keyword]: 3 })).toEqual({ description: `${keyword}: 3` }))

  it('does not take the name of a property for a keyword', () => {
    expect(strict({ properties: { minimum: { type: 'string' }, oneOf: { type: 'string' } } })).toEqual({
      properties: { minimum: { type: 'string' }, oneOf: { type: 'string' } },
      additionalProperties: false,
    })
  })

  it('leaves the client’s schema alone', () => {
    const schema = { type: 'object', minProperties: 1, properties: { a: { type: 'object' } } }
    strict(schema)
    expect(schema).toEqual({ type: 'object', minProperties: 1, properties: { a: { type: 'object' } } })
  })

  it('goes 100 levels deep', () => {
    const nested = (levels: number) => {
      let schema: JsonObject = { type: 'string' }
      for (let level = 0; level < levels; level += 1) schema = { items: schema }
      return schema
    }
    expect(refusedParam(() => strict(nested(100)))).toBeUndefined()
    expect(refusedParam(() => strict(nested(101)))).toBe('p')
  })
})
