import { expect, test } from 'vitest'
import { fieldsBeside, givenOnly, isAbsent, isObject, listOf, objectsIn, parseJson, stringOf, textOf } from './json.ts'

test.each([
  [{}, true],
  [[], false],
  [null, false],
  [undefined, false],
  ['{}', false],
  [1, false],
])('%j is an object: %s', (value, expected) => {
  expect(isObject(value)).toBe(expected)
})

test.each([
  ['{"a":1}', { a: 1 }],
  ['null', null],
  ['{"a":', undefined],
  ['', undefined],
])('the JSON %s', (text, expected) => {
  expect(parseJson(text)).toEqual(expected)
})

test.each([
  [undefined, true],
  [null, true],
  [0, false],
  ['', false],
  [false, false],
])('%j is absent: %s', (value, expected) => {
  expect(isAbsent(value)).toBe(expected)
})

test.each([
  ['a', 'a', 'a'],
  ['', undefined, ''],
  [1, undefined, ''],
  [null, undefined, ''],
])('the text in %j', (value, text, string) => {
  expect(textOf(value)).toBe(text)
  expect(stringOf(value)).toBe(string)
})

test('lists, and the objects in them', () => {
  const list = [{ a: 1 }, null, [], 'x', {}]
  expect(listOf(list)).toBe(list)
  expect(objectsIn(list)).toEqual([{ a: 1 }, {}])
  for (const value of [undefined, null, {}, 'x']) {
    expect(listOf(value)).toEqual([])
    expect(objectsIn(value)).toEqual([])
  }
})

test('fields that are given, and those beside the known', () => {
  const fields = { a: 0, b: null, c: undefined, d: '', e: false }
  expect(givenOnly(fields)).toEqual({ a: 0, d: '', e: false })
  expect(Object.keys(givenOnly(fields))).toEqual(['a', 'd', 'e'])
  expect(Object.entries(fieldsBeside(fields, new Set(['a', 'd', 'x'])))).toEqual([
    ['b', null],
    ['c', undefined],
    ['e', false],
  ])
})
