import { expect, test } from 'vitest'
import { embeddingTexts, refuseUntellableFormat } from './embedding-request.ts'

test.each(['float', 'base64', null, undefined])('vectors can be told as %j', (format) => {
  expect(refuseUntellableFormat({ encoding_format: format })).toBe(undefined)
})

test.each(['int8', '', 5])('vectors can not be told as %j', (format) => {
  expect(() => refuseUntellableFormat({ encoding_format: format })).toThrow(
    expect.objectContaining({ name: 'CodecRefusal', param: 'encoding_format', message: 'Vectors are told as "float" or "base64"' }),
  )
})

test.each([['a'], [''], [['a', 'b']], [[]]])('the texts %j', (input) => {
  expect(embeddingTexts(input, 'no')).toEqual(input)
})

test.each([
  [undefined, 'input', 'The field "input" must be a string or an array of strings'],
  [5, 'input', 'The field "input" must be a string or an array of strings'],
  [['a', 5], 'input[1]', 'texts only'],
  [[null], 'input[0]', 'texts only'],
])('refuses %j', (input, param, message) => {
  expect(() => embeddingTexts(input, 'texts only')).toThrow(expect.objectContaining({ name: 'CodecRefusal', param, message }))
})
