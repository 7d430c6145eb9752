import { describe, expect, it } from 'vitest'
import { firstChoice, onlyChoice, reasoningOf, refusalOf, textOf, thinkingBlocksOf, toolCallsOf } from './answer-parts.ts'

describe('the choice', () => {
  it.each([
    [{ choices: [{ index: 0, a: 1 }] }, { index: 0, a: 1 }],
    [{ choices: [{ a: 1 }] }, { a: 1 }],
    [{ choices: [{ index: 1 }, 'x', { index: 0, a: 2 }] }, { index: 0, a: 2 }],
  ])('of %j', (answer, choice) => {
    expect(firstChoice(answer)).toEqual(choice)
    expect(onlyChoice(answer)).toEqual(choice)
  })

  it.each([{}, { choices: null }, { choices: [] }, { choices: [{ index: 1 }] }])('is none in %j', (answer) => {
    expect(firstChoice(answer)).toBe(undefined)
    expect(() => onlyChoice(answer)).toThrow(
      expect.objectContaining({ code: 'upstream_protocol_error', message: "The model's answer has no content" }),
    )
  })
})

describe('a message', () => {
  it.each([
    [{ content: 'a' }, 'a'],
    [{ content: [{ type: 'text', text: 'a' }, { type: 'thinking', thinking: 'x' }, 'y', { type: 'text', text: 'b' }] }, 'ab'],
    [{ content: null }, ''],
    [{}, ''],
  ])('%j says', (message, text) => {
    expect(textOf(message)).toBe(text)
  })

  it.each([
    [{ reasoning_content: 'a', reasoning: 'b' }, 'a'],
    [{ reasoning_content: '', reasoning: 'b', reasoning_details: [{ text: 'c' }] }, 'b'],
    [{ reasoning: { effort: 'low' }, reasoning_details: [{ text: 'c' }, { summary: 'd' }, { text: '', summary: 'e' }] }, 'cde'],
    [
      {
        content: [
          { type: 'thinking', thinking: 'f' },
          { type: 'thinking', thinking: [{ type: 'text', text: 'g' }] },
          { type: 'text', text: 'x' },
        ],
      },
      'fg',
    ],
    [{}, ''],
  ])('%j thinks', (message, reasoning) => {
    expect(reasoningOf(message)).toBe(reasoning)
  })

  it('may refuse, and bear blocks', () => {
    expect(refusalOf({ refusal: 'no' })).toBe('no')
    expect(refusalOf({ refusal: null })).toBe('')
    expect(thinkingBlocksOf({ thinking_blocks: [{ type: 'thinking' }, 'x'] })).toEqual([{ type: 'thinking' }])
    expect(thinkingBlocksOf({})).toEqual([])
  })

  it('calls', () => {
    const calls = [
      { index: 1, id: 'a', function: { name: 'f', arguments: '{"x":1}' } },
      { index: null, id: null, function: { name: 'g', arguments: { y: 2 } } },
      { id: 'c' },
      'x',
    ]
    expect(toolCallsOf({ tool_calls: calls, function_call: { name: 'old' } })).toEqual([
      { index: 1, id: 'a', name: 'f', arguments: '{"x":1}' },
      { index: undefined, id: '', name: 'g', arguments: '{"y":2}' },
      { index: undefined, id: 'c', name: '', arguments: '' },
    ])
    expect(toolCallsOf({ function_call: { name: 'old', arguments: '{}' } })).toEqual([{ index: 0, id: '', name: 'old', arguments: '{}' }])
    expect(toolCallsOf({})).toEqual([])
  })
})
