import { expect, test } from 'vitest'
import { answerMessage } from './answer-message.ts'

const EMPTY = { text: '', reasoning: '', calls: [] }

test.each([
  [{}, { content: '' }],
  [{ text: undefined }, { content: null }],
  [{ text: 'a' }, { content: 'a' }],
  [{ calls: [{ id: 'c' }] }, { content: null, tool_calls: [{ id: 'c' }] }],
  [
    { text: 'a', calls: [{ id: 'c' }] },
    { content: 'a', tool_calls: [{ id: 'c' }] },
  ],
  [
    { text: undefined, refusal: 'no' },
    { content: null, refusal: 'no' },
  ],
  [
    { text: 'a', reasoning: 'b' },
    { content: 'a', reasoning_content: 'b' },
  ],
])('%j', (said, message) => {
  expect(answerMessage({ ...EMPTY, ...said })).toEqual({ role: 'assistant', refusal: null, ...message })
})
