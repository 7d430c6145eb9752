import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isObject } from '../../../lib/json.ts'
import { refusedParam } from './fixtures/contexts.ts'
import { cleanSchema } from './schema.ts'

test.each([
  [
    'marks',
    { $schema: 'x', $comment: 'y', strict: true, type: 'object', title: 'T', default: {} },
    { type: 'object', title: 'T', default: {} },
  ],
  ['const', { properties: { a: { const: 1 } } }, { properties: { a: { enum: [1] } } }],
  [
    'names of properties stay',
    { properties: { const: { type: 'string' }, $schema: { type: 'string' }, strict: { const: 'x' } }, required: ['const'] },
    { properties: { const: { type: 'string' }, $schema: { type: 'string' }, strict: { enum: ['x'] } }, required: ['const'] },
  ],
  [
    'definitions',
    { definitions: { A: { const: 1 } }, properties: { a: { $ref: '#/definitions/A' }, b: { $ref: '#/$defs/B' } } },
    { $defs: { A: { enum: [1] } }, properties: { a: { $ref: '#/$defs/A' }, b: { $ref: '#/$defs/B' } } },
  ],
  ['a reference with a description', { $ref: '#/$defs/A', description: 'd' }, { description: 'd', anyOf: [{ $ref: '#/$defs/A' }] }],
  ['a reference with $-keywords', { $ref: '#/$defs/A', $defs: { A: {} } }, { $ref: '#/$defs/A', $defs: { A: {} } }],
  ['a reference beside alternatives', { $ref: '#/$defs/A', anyOf: [{}], $id: 'i' }, { $ref: '#/$defs/A', $id: 'i' }],
  ['allOf around one', { allOf: [{ $ref: '#/$defs/A' }], description: 'd' }, { description: 'd', anyOf: [{ $ref: '#/$defs/A' }] }],
  ['allOf of two', { allOf: [{ const: 1 }, {}] }, { allOf: [{ enum: [1] }, {}] }],
  ['allOf of one beside anyOf', { allOf: [{}], anyOf: [{ const: 1 }] }, { allOf: [{}], anyOf: [{ enum: [1] }] }],
  ['a list of items', { items: [{ const: 1 }, true] }, { prefixItems: [{ enum: [1] }, true] }],
  ['items', { items: { const: 1 }, additionalProperties: false }, { items: { enum: [1] }, additionalProperties: false }],
  [
    'schemas in all places',
    {
      additionalProperties: { const: 1 },
      not: { const: 1 },
      contains: { const: 1 },
      propertyNames: { const: 1 },
      oneOf: [{ const: 1 }],
      prefixItems: [{ const: 1 }],
      patternProperties: { x: { const: 1 } },
    },
    {
      additionalProperties: { enum: [1] },
      not: { enum: [1] },
      contains: { enum: [1] },
      propertyNames: { enum: [1] },
      oneOf: [{ enum: [1] }],
      prefixItems: [{ enum: [1] }],
      patternProperties: { x: { enum: [1] } },
    },
  ],
  [
    'values are no schemas',
    { enum: [{ const: 1 }], default: { const: 1 }, examples: [{ $schema: 1 }] },
    { enum: [{ const: 1 }], default: { const: 1 }, examples: [{ $schema: 1 }] },
  ],
])('%s', (_name, schema, cleaned) => {
  expect(cleanSchema(schema, 'p')).toEqual(cleaned)
})

function nested(levels: number): Record<string, unknown> {
  return levels === 0 ? {} : { items: nested(levels - 1) }
}

test('64 levels at most', () => {
  expect(cleanSchema(nested(64), 'p')).toEqual(nested(64))
  expect(refusedParam(() => cleanSchema(nested(65), 'p'))).toBe('p')
})

function keywordsOf(schema: unknown): readonly string[] {
  if (!isObject(schema)) return []
  const inner = Object.entries(schema).flatMap(([key, value]) =>
    key === 'properties' && isObject(value) ? Object.values(value) : key === 'anyOf' && Array.isArray(value) ? value : [value],
  )
  return [...Object.keys(schema), ...inner.flatMap(keywordsOf)]
}

function schemas(levels: number): fc.Arbitrary<Record<string, unknown>> {
  const leaf = { $schema: fc.constant('x'), const: fc.constant('v'), $ref: fc.constant('#/definitions/A'), description: fc.constant('d') }
  if (levels === 0) return fc.record(leaf, { requiredKeys: [] })
  const inner = schemas(levels - 1)
  const properties = fc.dictionary(fc.constantFrom('a', 'b'), inner, { maxKeys: 2 })
  return fc.record({ ...leaf, items: inner, anyOf: fc.array(inner, { maxLength: 2 }), properties }, { requiredKeys: [] })
}

test('no refused keyword is left, and a clean schema stays as it is', () => {
  fc.assert(
    fc.property(schemas(2), (schema) => {
      const cleaned = cleanSchema(schema, 'p')
      expect(keywordsOf(cleaned).filter((key) => key === '$schema' || key === 'const')).toEqual([])
      expect(cleanSchema(cleaned, 'p')).toEqual(cleaned)
    }),
    { numRuns: 100 },
  )
})
