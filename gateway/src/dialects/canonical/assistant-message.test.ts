import { expect, test } from 'vitest'
import { assistantMessage, textBesideCalls } from './assistant-message.ts'

test('only what was said', () => {
  expect(assistantMessage({ text: undefined, reasoning: '', calls: [] })).toEqual({ role: 'assistant', content: null })
  expect(assistantMessage({ text: '', reasoning: '', thinking: [], calls: [] })).toEqual({ role: 'assistant', content: '' })
})

test('all that was said', () => {
  expect(assistantMessage({ text: 'a', refusal: 'b', reasoning: 'c', thinking: [{ type: 'thinking' }], calls: [{ id: 'd' }] })).toEqual({
    role: 'assistant',
    content: 'a',
    refusal: 'b',
    reasoning_content: 'c',
    thinking_blocks: [{ type: 'thinking' }],
    tool_calls: [{ id: 'd' }],
  })
})

test.each([
  ['', [], ''],
  ['', [{}], undefined],
  ['a', [{}], 'a'],
  ['a', [], 'a'],
])('the text %j beside %j', (text, calls, expected) => {
  expect(textBesideCalls(text, calls)).toBe(expected)
})
