import { describe, expect, it } from 'vitest'
import { hasItems, hasValue, needleOf, valueAfter } from './json-needle.ts'

const KEY = needleOf('a')
const OPEN_BRACKET = '['.charCodeAt(0)
const QUOTE = '"'.charCodeAt(0)

describe('valueAfter', () => {
  it.each([
    ['{"a":[1]}', '['],
    ['{"a" :\n "x"}', '"'],
    ['{"b":"a","a":1}', '1'],
    ['{"b":{"a":null}}', 'n'],
  ])('%s has a value that begins with %s', (text, first) => {
    expect(valueAfter(Buffer.from(text), KEY)).toBe(first.charCodeAt(0))
  })

  it.each(['{"b":"a"}', JSON.stringify({ b: '"a":1' }), '{"ab":1}', '{"a"', '{"a":'])('%s has none', (text) => {
    expect(valueAfter(Buffer.from(text), KEY)).toBeUndefined()
  })
})

it.each([
  ['{"a":["x"]}', true],
  ['{"a":"x"}', false],
  ['{"a":null,"b":{"a":["x"]}}', true],
  ['{"b":["a"]}', false],
])('%s has a list: %s', (text, expected) => {
  expect(hasValue(Buffer.from(text), KEY, OPEN_BRACKET)).toBe(expected)
  expect(hasValue(Buffer.from(text), needleOf('c'), QUOTE)).toBe(false)
})

it.each([
  ['{"a":[{}]}', true],
  ['{"a" : [ 1 ]}', true],
  ['{"a":[]}', false],
  ['{"a" : [ \n]}', false],
  ['{"a":[],"b":{"a":[0]}}', true],
  ['{"a":null}', false],
  ['{"b":"a"}', false],
])('%s has items: %s', (text, expected) => {
  expect(hasItems(Buffer.from(text), KEY)).toBe(expected)
})
