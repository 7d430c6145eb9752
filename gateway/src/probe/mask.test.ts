import { expect, it } from 'vitest'
import { createMask } from './mask.ts'

it('takes the key and the headers’ values out, as a whole and in parts', () => {
  const mask = createMask({ apiKey: 'key-of-8', headers: { authorization: 'Bearer token-of-it', 'x-team': 'seven77' } })
  expect(mask('a key-of-8 b token-of-it c Bearer token-of-it d')).toBe('a *** b *** c *** d')
  expect(mask('seven77 and Bearer')).toBe('seven77 and Bearer')
})

it('takes the longer of two out first', () => {
  expect(createMask({ apiKey: 'abcdefgh', headers: { x: 'abcdefgh-and-more' } })('abcdefgh-and-more abcdefgh')).toBe('*** ***')
})

it('leaves short keys alone, and texts without one', () => {
  expect(createMask({ apiKey: 'ollama7', headers: {} })('ollama7')).toBe('ollama7')
  expect(createMask({ headers: {} })('qwen3:8b')).toBe('qwen3:8b')
})
