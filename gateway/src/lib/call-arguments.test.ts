import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readArguments } from './call-arguments.ts'

test.each([undefined, null, '', ' \n', 'null', ' null ', '{}', {}])('%j is no arguments', (value) => {
  expect(readArguments(value)).toEqual({})
})

test.each(['{"a":', '[1]', '"text"', '5', 'nul', 'nulls', 5, true, [], [{}]])('%j makes no sense', (value) => {
  expect(readArguments(value)).toBe(undefined)
})

test('an object, and the text of one', () => {
  const object = { a: [1, { b: null }] }
  expect(readArguments(object)).toBe(object)
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const text = JSON.stringify(value)
      expect(JSON.stringify(readArguments(` ${text}\n`))).toBe(JSON.stringify(JSON.parse(text)))
    }),
    { numRuns: 100 },
  )
})
