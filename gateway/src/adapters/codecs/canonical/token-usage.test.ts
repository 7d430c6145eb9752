import { expect, test } from 'vitest'
import { completionUsage, countOf, embeddingUsage, readCount } from './token-usage.ts'

test('the counts of a completion, whose own total stands', () => {
  expect(completionUsage({ prompt: 3, completion: 4 })).toEqual({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 })
  expect(completionUsage({ prompt: 3, completion: 4, total: 9 })).toEqual({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 9 })
})

test('the count of embeddings', () => {
  expect(embeddingUsage(5)).toEqual({ prompt_tokens: 5, total_tokens: 5 })
})

test.each([
  [1, 1],
  [0, 0],
  [-1, 0],
  [0.5, 0],
  [2 ** 53, 0],
  ['1', 0],
])('the count %j', (value, count) => {
  expect(countOf(value)).toBe(count)
})

test.each([
  [0, 0],
  [7, 7],
  [-1, undefined],
  [0.5, undefined],
  [null, undefined],
])('the count %j, told or not', (value, count) => {
  expect(readCount(value)).toBe(count)
})
