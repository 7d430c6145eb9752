import { describe, expect, it } from 'vitest'
import type { Answers } from '@jairouter/contract/adapter'
import type { ReasoningField } from '@jairouter/contract/names'
import { createAnswerRepair } from './answer-repair.ts'

const NONE: Answers = { finishReasons: {}, toolCalls: 'native', contentParts: false, thinkTags: false, usageInChoices: false }
const repairOf = (answers: Partial<Answers>, emitReasoning: ReasoningField = 'as-is') =>
  createAnswerRepair({ answers: { ...NONE, ...answers }, emitReasoning, newId: () => 'new' })
const answer = (message: object, more: object = {}) => ({ id: 'c', choices: [{ index: 0, message, finish_reason: 'stop', ...more }] })

it('is none where there is nothing to repair', () => {
  expect(repairOf({})).toBeUndefined()
})

describe('a whole answer', () => {
  it('that is as it should be is the same object', () => {
    const good = answer({
      role: 'assistant',
      content: 'a',
      tool_calls: [{ id: 'x', type: 'function', function: { name: 'f', arguments: '{}' } }],
    })
    const repair = repairOf(
      { toolCalls: 'normalise', contentParts: true, thinkTags: true, usageInChoices: true, finishReasons: { eos: 'stop' } },
      'reasoning',
    )
    expect(repair?.whole(good)).toBe(good)
    const odd = { choices: 'none' }
    expect(repair?.whole(odd)).toBe(odd)
    const texts = { choices: [{ text: 'a', finish_reason: 'stop' }, 1] }
    expect(repair?.whole(texts)).toBe(texts)
  })

  it('gets ids, types and arguments for its tool calls', () => {
    const calls = [
      { function: { name: 'f' } },
      { id: '', type: 'function', index: 0, function: { name: 'f', arguments: { a: 1 } } },
      { id: 'x', type: 'function', function: { name: 'f', arguments: '' } },
      { id: 'y' },
    ]
    expect(repairOf({ toolCalls: 'normalise' })?.whole(answer({ tool_calls: calls }))).toEqual(
      answer({
        tool_calls: [
          { id: 'new', type: 'function', function: { name: 'f', arguments: '{}' } },
          { id: 'new', type: 'function', index: 0, function: { name: 'f', arguments: '{"a":1}' } },
          { id: 'x', type: 'function', function: { name: 'f', arguments: '{}' } },
          { id: 'y' },
        ],
      }),
    )
  })

  it('gets OpenAI’s finish reasons, also of completions', () => {
    const repair = repairOf({ finishReasons: { eos: 'stop', sensitive: 'content_filter' } })
    expect(
      repair?.whole({
        choices: [
          { text: 'a', finish_reason: 'eos' },
          { text: 'b', finish_reason: 'sensitive' },
          { text: 'c', finish_reason: 'constructor' },
        ],
      }),
    ).toEqual({
      choices: [
        { text: 'a', finish_reason: 'stop' },
        { text: 'b', finish_reason: 'content_filter' },
        { text: 'c', finish_reason: 'constructor' },
      ],
    })
  })

  it('of parts and of tags becomes text and reasoning', () => {
    const parts = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
      { type: 'text', text: 'a' },
    ]
    expect(repairOf({ contentParts: true })?.whole(answer({ content: parts }))).toEqual(answer({ content: 'a', reasoning_content: 'Hm' }))
    expect(repairOf({ thinkTags: true })?.whole(answer({ content: '<think>\nHm\n</think>\n\na' }))).toEqual(
      answer({ content: 'a', reasoning_content: 'Hm\n' }),
    )
    expect(repairOf({ thinkTags: true })?.whole(answer({ content: '<think>b</think>a', reasoning_content: 'a' }))).toEqual(
      answer({ content: 'a', reasoning_content: 'ab' }),
    )
  })

  it('has its usage at the top, where there is none yet', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
    const inside = answer({ content: 'a' }, { usage })
    expect(repairOf({ usageInChoices: true })?.whole(inside)).toEqual({ ...inside, usage })
    const both = { ...inside, usage: { total_tokens: 9 } }
    expect(repairOf({ usageInChoices: true })?.whole(both)).toBe(both)
  })

  const details = [{ type: 'reasoning.text', text: 'a' }, { type: 'reasoning.summary', summary: 'b' }, 1]
  it.each([
    [{ reasoning: 'a' }, 'reasoning_content', { reasoning_content: 'a' }],
    [{ reasoning: 'a', reasoning_content: 'a' }, 'reasoning', { reasoning: 'a' }],
    [{ reasoning: 'b', reasoning_content: '' }, 'both', { reasoning_content: 'b', reasoning: 'b' }],
    [{ reasoning_content: 'a', reasoning: 'b' }, 'both', { reasoning_content: 'a', reasoning: 'a' }],
    [{ reasoning_details: details }, 'reasoning_content', { reasoning_details: details, reasoning_content: 'ab' }],
    [{ reasoning: null }, 'both', { reasoning_content: null, reasoning: null }],
    [{ reasoning: 'a', reasoning_content: 'a', reasoning_details: details, thinking_blocks: [1] }, 'none', {}],
  ] as const)('%j as %s', (message, field, expected) => {
    expect(repairOf({}, field)?.whole(answer({ content: 'x', ...message }))).toEqual(answer({ content: 'x', ...expected }))
  })
})
