import { describe, expect, it } from 'vitest'
import { callsTools, hasFailedChoice, isFailedReason, namesTool, reasonForTools, withToolReasons } from './finish-reasons.ts'

const calls = [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }]

it.each([
  ['stop', 'tool_calls'],
  ['function_call', 'tool_calls'],
  ['tool_calls', undefined],
  ['length', undefined],
  ['content_filter', undefined],
  [null, undefined],
])('after tool calls %s is %s', (reason, expected) => {
  expect(reasonForTools(reason)).toBe(expected)
})

it.each([
  ['error', true],
  ['abort', true],
  ['insufficient_system_resource', true],
  ['network_error', true],
  ['stop', false],
  [null, false],
])('%s is a failure: %s', (reason, expected) => {
  expect(isFailedReason(reason)).toBe(expected)
  expect(hasFailedChoice({ choices: [{ finish_reason: 'stop' }, { finish_reason: reason }] })).toBe(expected)
})

it('an answer without choices has none that failed', () => {
  for (const odd of [undefined, [], {}, { choices: null }, { choices: ['error'] }]) expect(hasFailedChoice(odd)).toBe(false)
})

it('only a named choice names a tool', () => {
  expect(namesTool({ tool_choice: { type: 'function', function: { name: 'f' } } })).toBe(true)
  for (const choice of ['required', null, undefined]) expect(namesTool({ tool_choice: choice })).toBe(false)
})

it.each([
  [{ tool_calls: calls }, true],
  [{ tool_calls: [] }, false],
  [{ tool_calls: null }, false],
  [{}, false],
  [undefined, false],
])('%j calls tools: %s', (message, expected) => {
  expect(callsTools(message)).toBe(expected)
})

describe('a whole answer', () => {
  it('says of each choice that called tools that it did', () => {
    const choices = [
      { index: 0, message: { tool_calls: calls }, finish_reason: 'stop' },
      { index: 1, message: { content: 'a', tool_calls: [] }, finish_reason: 'stop' },
      { index: 2, message: { tool_calls: calls }, finish_reason: 'length' },
    ]
    expect(withToolReasons({ id: 'c', choices })).toEqual({
      id: 'c',
      choices: [{ ...choices[0], finish_reason: 'tool_calls' }, choices[1], choices[2]],
    })
  })

  it('that says so already is the same object', () => {
    for (const answer of [{ choices: [{ message: { tool_calls: calls }, finish_reason: 'tool_calls' }, 1] }, { choices: 1 }]) {
      expect(withToolReasons(answer)).toBe(answer)
    }
  })
})
