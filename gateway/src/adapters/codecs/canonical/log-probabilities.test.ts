import { expect, test } from 'vitest'
import { chatLogprobs } from './log-probabilities.ts'

test('tokens, or null', () => {
  const token = { token: 'a', logprob: -1, bytes: null, top_logprobs: [] }
  expect(chatLogprobs([token])).toEqual({ content: [token], refusal: null })
  expect(chatLogprobs([])).toBe(null)
})
