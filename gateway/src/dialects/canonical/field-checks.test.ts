import { describe, expect, it } from 'vitest'
import type { GatewayError } from '../../errors/gateway-error.ts'
import {
  invalid,
  missing,
  objectAt,
  optionalBoolean,
  optionalCount,
  optionalList,
  optionalObject,
  optionalString,
  placedIn,
  refuseSeveral,
  requiredString,
  stringAt,
  unspeakableIn,
} from './field-checks.ts'

const wrong = (param: string, expected: string) =>
  expect.objectContaining({ code: 'invalid_field', param, message: `The field "${param}" must be ${expected}` })
const absent = (param: string) => expect.objectContaining({ code: 'missing_field', param, message: `The field "${param}" is missing` })
const said = ({ code, param, message }: GatewayError) => ({ code, param, message })

it('refusals name the field', () => {
  expect(invalid('a.b', 'a string')).toEqual(wrong('a.b', 'a string'))
  expect(missing('a.b')).toEqual(absent('a.b'))
  expect(said(unspeakableIn('can not be said')('a.b', 'A thing'))).toEqual({
    code: 'invalid_field',
    param: 'a.b',
    message: 'A thing can not be said ("a.b")',
  })
})

describe('fields that may be left out', () => {
  it.each([
    ['a string', optionalString, ['', 'a'], [1, {}, []]],
    ['an object', optionalObject, [{}, { a: 1 }], ['a', [], 1]],
    ['a boolean', optionalBoolean, [true, false], ['true', 0]],
    ['a whole number from 1 up', optionalCount, [1, 4_096], [0, 1.5, -1, '1', Number.NaN]],
  ] as const)('%s', (expected, read, right, wrongOnes) => {
    for (const value of [undefined, null]) expect(read(value, 'x')).toBe(undefined)
    for (const value of right) expect(read(value, 'x')).toBe(value)
    for (const value of wrongOnes) expect(() => read(value, 'x')).toThrow(wrong('x', expected))
  })

  it('an array', () => {
    expect(optionalList(undefined, 'x')).toEqual([])
    expect(optionalList(null, 'x')).toEqual([])
    expect(optionalList([1], 'x')).toEqual([1])
    for (const value of [{}, 'a', 0]) expect(() => optionalList(value, 'x')).toThrow(wrong('x', 'an array'))
  })
})

describe('fields that must be there', () => {
  it.each([undefined, null])('are not %j', (value) => {
    expect(() => requiredString(value, 'x')).toThrow(absent('x'))
    expect(() => stringAt({ key: value }, 'key', 'x')).toThrow(absent('x.key'))
    expect(() => objectAt({ key: value }, 'key', 'x')).toThrow(absent('x.key'))
  })

  it('have their type', () => {
    expect(requiredString('', 'x')).toBe('')
    expect(stringAt({ key: 'a' }, 'key', 'x')).toBe('a')
    expect(objectAt({ key: { a: 1 } }, 'key', 'x')).toEqual({ a: 1 })
    expect(() => requiredString(1, 'x')).toThrow(wrong('x', 'a string'))
    expect(() => stringAt({ key: 1 }, 'key', 'x')).toThrow(wrong('x.key', 'a string'))
    expect(() => objectAt({ key: [] }, 'key', 'x')).toThrow(wrong('x.key', 'an object'))
  })
})

it('objects of a list have their places', () => {
  expect(placedIn([{ a: 1 }, {}], 'x')).toEqual([
    { value: { a: 1 }, path: 'x[0]' },
    { value: {}, path: 'x[1]' },
  ])
  expect(() => placedIn([{}, 'a'], 'x')).toThrow(wrong('x[1]', 'an object'))
})

it('one answer is all that can be asked for', () => {
  for (const fields of [{}, { n: null }, { n: 1 }]) expect(refuseSeveral(fields, 'so it is')).toBe(undefined)
  for (const n of [0, 2, '1']) expect(() => refuseSeveral({ n }, 'so it is')).toThrow(wrong('n', '1 or left out: so it is'))
})
