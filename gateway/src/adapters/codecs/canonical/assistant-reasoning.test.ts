import { describe, expect, it } from 'vitest'
import { readReasoning } from './assistant-reasoning.ts'

describe('readReasoning', () => {
  const details = [{ type: 'reasoning.text', text: 'a' }, { type: 'reasoning.summary', summary: 'b' }, { text: '', summary: 'c' }, {}, 'x']

  it.each([
    [{ reasoning_content: 'one', reasoning: 'two', reasoning_details: details }, 'one'],
    [{ reasoning_content: '', reasoning: 'two', reasoning_details: details }, 'two'],
    [{ reasoning_content: null, reasoning: { effort: 'low' }, reasoning_details: details }, 'abc'],
    [{ reasoning_details: [] }, undefined],
    [{ reasoning_details: 'x' }, undefined],
    [{ reasoning_content: 1 }, undefined],
    [{}, undefined],
  ])('%j → %s', (message, expected) => {
    expect(readReasoning(message)).toBe(expected)
  })
})
