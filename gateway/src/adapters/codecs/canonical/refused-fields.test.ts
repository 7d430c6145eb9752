import { describe, expect, it } from 'vitest'
import { asksBeyondText, hasEntries, refuseFields, unlessIt, whenGiven } from './refused-fields.ts'

const REFUSED = [
  { name: 'n', asks: unlessIt(1), because: 'one' },
  { name: 'audio', asks: whenGiven, because: 'no sound' },
]

describe('refuseFields', () => {
  it.each([{}, { n: 1 }, { n: null, audio: null }, { n: 1, audio: undefined, other: true }])('lets %j pass', (fields) => {
    expect(refuseFields(fields, REFUSED)).toBe(undefined)
  })

  it.each([
    [{ n: 2 }, 'n', 'one'],
    [{ n: '1' }, 'n', 'one'],
    [{ audio: false }, 'audio', 'no sound'],
    [{ audio: {}, n: 0 }, 'n', 'one'],
  ])('refuses %j', (fields, param, message) => {
    expect(() => refuseFields(fields, REFUSED)).toThrow(expect.objectContaining({ name: 'CodecRefusal', param, message }))
  })
})

describe('what asks', () => {
  it.each([
    [{}, false],
    [[], false],
    [{ 5: 1 }, true],
    [[0], true],
    ['', true],
    [0, true],
    [null, true],
  ])('%j has entries: %s', (value, expected) => {
    expect(hasEntries(value)).toBe(expected)
  })

  it.each([
    [['text'], false],
    [[], false],
    [['text', 'audio'], true],
    ['text', true],
    [{}, true],
  ])('the modalities %j are more than text: %s', (value, expected) => {
    expect(asksBeyondText(value)).toBe(expected)
  })
})
