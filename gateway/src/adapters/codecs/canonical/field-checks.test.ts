import { describe, expect, it } from 'vitest'
import { numberField, readContentParts, readEntries, readOptionalEntries, wrongField } from './field-checks.ts'

const refusal = (param: string, expected: string) =>
  expect.objectContaining({ name: 'CodecRefusal', param, message: `The field "${param}" must be ${expected}` })
const placed = (entry: unknown, param: string) => [entry, param] as const

describe('readEntries', () => {
  it('reads each with its path and place', () => {
    expect(readEntries(['a', null], 'list', { read: (entry, param, at) => [entry, param, at] })).toEqual([
      ['a', 'list[0]', 0],
      [null, 'list[1]', 1],
    ])
    expect(readEntries([], 'list', { read: placed })).toEqual([])
  })

  it.each([undefined, null, {}, 'x'])('refuses %j', (value) => {
    expect(() => readEntries(value, 'a.b', { read: placed })).toThrow(refusal('a.b', 'an array'))
    expect(() => readEntries(value, 'a.b', { read: placed, expected: 'a list of three' })).toThrow(refusal('a.b', 'a list of three'))
    expect(() => readContentParts(value, 'a.b', placed)).toThrow(refusal('a.b', 'a string or an array'))
  })

  it('may find none', () => {
    expect(readOptionalEntries(undefined, 'list', placed)).toEqual([])
    expect(readOptionalEntries(null, 'list', placed)).toEqual([])
    expect(readOptionalEntries([1], 'list', placed)).toEqual([[1, 'list[0]']])
    expect(() => readOptionalEntries(0, 'list', placed)).toThrow(refusal('list', 'an array'))
  })
})

describe('numberField', () => {
  it('is a number, or nothing', () => {
    expect(numberField({ n: 0.5 }, 'n')).toBe(0.5)
    expect(numberField({ n: null }, 'n')).toBe(undefined)
    expect(numberField({}, 'n')).toBe(undefined)
    expect(() => numberField({ n: '1' }, 'n')).toThrow(refusal('n', 'a number'))
  })
})

it('wrongField says what it must be', () => {
  expect(wrongField('x', 'an object')).toEqual(refusal('x', 'an object'))
})
