import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CodecMismatch } from '../codec.ts'
import { withPartialArgument } from './partial-arguments.ts'

test.each([
  [{}, { jsonPath: '$.a', stringValue: 'x' }, { a: 'x' }],
  [{ a: 'x' }, { jsonPath: '$.a', stringValue: 'y' }, { a: 'xy' }],
  [{ a: 'x' }, { jsonPath: '$.a', stringValue: '' }, { a: 'x' }],
  [{ a: 1 }, { jsonPath: '$.a', numberValue: 2 }, { a: 2 }],
  [{}, { jsonPath: '$.a.b', boolValue: false }, { a: { b: false } }],
  [{ a: 1 }, { jsonPath: '$.b', nullValue: 'NULL_VALUE' }, { a: 1, b: null }],
  [{ l: ['x'] }, { jsonPath: '$.l[1].c', numberValue: 0 }, { l: ['x', { c: 0 }] }],
  [{ l: [['x']] }, { jsonPath: '$.l[0][0]', stringValue: 'y' }, { l: [['xy']] }],
  [{}, { jsonPath: '$[\'a b\']["c.d"]', stringValue: 'x' }, { 'a b': { 'c.d': 'x' } }],
  [{}, { jsonPath: "$['it\\'s']", stringValue: 'x' }, { "it's": 'x' }],
  [{}, { jsonPath: '$.größe', stringValue: 'x' }, { größe: 'x' }],
])('%j and %j', (args, partial, expected) => {
  expect(withPartialArgument(args, partial)).toEqual(expected)
})

test('a name of JavaScript’s own is a name like any other', () => {
  const args = withPartialArgument({}, { jsonPath: '$.__proto__.polluted', stringValue: 'x' })
  expect(JSON.stringify(args)).toBe('{"__proto__":{"polluted":"x"}}')
  expect('polluted' in {}).toBe(false)
  expect(withPartialArgument({}, { jsonPath: '$.constructor', stringValue: 'x' })).toEqual({ constructor: 'x' })
})

test.each([
  [1],
  [{ stringValue: 'x' }],
  [{ jsonPath: 'a', stringValue: 'x' }],
  [{ jsonPath: '$', stringValue: 'x' }],
  [{ jsonPath: '$[0]', stringValue: 'x' }],
  [{ jsonPath: '$.a' }],
  [{ jsonPath: '$.a', stringValue: 1 }],
  [{ jsonPath: '$..a', stringValue: 'x' }],
  [{ jsonPath: '$.a[', stringValue: 'x' }],
  [{ jsonPath: '$.a[*]', stringValue: 'x' }],
  [{ jsonPath: '$.l[1]', stringValue: 'x' }],
  [{ jsonPath: `$${'.a'.repeat(65)}`, stringValue: 'x' }],
])('%j makes no sense', (partial) => {
  expect(() => withPartialArgument({}, partial)).toThrow(CodecMismatch)
})

test('64 steps at most', () => {
  expect(JSON.stringify(withPartialArgument({}, { jsonPath: `$${'.a'.repeat(64)}`, numberValue: 1 }))).toBe(
    `${'{"a":'.repeat(64)}1${'}'.repeat(64)}`,
  )
})

test('pieces of a text add up to it', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (pieces) => {
      const start = { k: { t: '' } }
      const end = pieces.reduce<object>((args, stringValue) => withPartialArgument({ ...args }, { jsonPath: '$.k.t', stringValue }), start)
      expect(end).toEqual({ k: { t: pieces.join('') } })
    }),
  )
})
