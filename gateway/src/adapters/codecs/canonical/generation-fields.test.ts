import { expect, test } from 'vitest'
import { maximumTokens, stopTexts } from './generation-fields.ts'

const refusal = (param: string, expected: string) =>
  expect.objectContaining({ name: 'CodecRefusal', param, message: `The field "${param}" must be ${expected}` })

test.each([
  [{}, undefined],
  [{ max_tokens: 5 }, 5],
  [{ max_completion_tokens: 6, max_tokens: 5 }, 6],
  [{ max_completion_tokens: null, max_tokens: 5 }, 5],
  [{ max_completion_tokens: 0, max_tokens: 5 }, 0],
])('the limit of %j', (fields, maximum) => {
  expect(maximumTokens(fields)).toBe(maximum)
})

test.each(['max_tokens', 'max_completion_tokens'])('%s must be a number', (name) => {
  expect(() => maximumTokens({ [name]: '5' })).toThrow(refusal(name, 'a number'))
})

test.each([
  [undefined, []],
  [null, []],
  ['', ['']],
  ['a', ['a']],
  [
    ['a', 'b'],
    ['a', 'b'],
  ],
  [[], []],
])('stops at %j', (stop, texts) => {
  expect(stopTexts({ stop })).toEqual(texts)
})

test.each([5, {}, ['a', 5], [null]])('can not stop at %j', (stop) => {
  expect(() => stopTexts({ stop })).toThrow(refusal('stop', 'a string or an array of strings'))
})
