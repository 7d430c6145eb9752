import { describe, expect, it } from 'vitest'
import { readEnding, toStop, UNTOLD } from './stop.ts'

describe('readEnding', () => {
  it.each([
    [{ finish_reason: 'stop' }, { finishReason: 'stop', matched: undefined }],
    [{ finish_reason: null }, UNTOLD],
    [{ finish_reason: '' }, UNTOLD],
    [
      { finish_reason: 'stop', stop_reason: 'END' },
      { finishReason: 'stop', matched: 'END' },
    ],
    [
      { finish_reason: 'stop', stop_reason: 128_009 },
      { finishReason: 'stop', matched: undefined },
    ],
    [
      { finish_reason: 'stop', matched_stop: 'END' },
      { finishReason: 'stop', matched: 'END' },
    ],
    [{}, UNTOLD],
  ])('%j', (choice, expected) => expect(readEnding(choice, UNTOLD)).toEqual(expected))

  it('keeps what was told before', () => {
    const known = { finishReason: 'stop', matched: 'END' }
    expect(readEnding({ finish_reason: null }, known)).toEqual(known)
  })
})

describe('toStop', () => {
  const stopOf = (ending: Partial<Parameters<typeof toStop>[0]>, stop_sequences?: unknown) =>
    toStop({ ...UNTOLD, refusal: '', toolCalls: 0, ...ending }, { stop_sequences })
  const plain = (reason: string, sequence: string | null = null) => ({ stop_reason: reason, stop_sequence: sequence })

  it.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['tool_calls', 'end_turn'],
    ['function_call', 'end_turn'],
    ['eos', 'end_turn'],
    [undefined, 'end_turn'],
  ])('%s without calls → %s', (finishReason, expected) => expect(stopOf({ finishReason })).toEqual(plain(expected)))

  it.each([
    ['stop', 'tool_use'],
    ['length', 'max_tokens'],
    ['tool_calls', 'tool_use'],
    ['function_call', 'tool_use'],
  ])('%s with a call → %s', (finishReason, expected) => {
    expect(stopOf({ finishReason, toolCalls: 1, matched: 'END' }, ['END'])).toEqual(plain(expected))
  })

  it.each([
    ['END', ['X', 'END'], plain('stop_sequence', 'END')],
    ['END', ['X'], plain('end_turn')],
    ['END', undefined, plain('end_turn')],
    [undefined, ['END'], plain('end_turn')],
  ])('the stop string %s of %j', (matched, sequences, expected) => {
    expect(stopOf({ finishReason: 'stop', matched }, sequences)).toEqual(expected)
  })

  it.each([['content_filter'], ['sensitive']])('%s → refusal', (finishReason) => {
    expect(stopOf({ finishReason, toolCalls: 1 })).toEqual({
      ...plain('refusal'),
      stop_details: { type: 'refusal', category: null, explanation: null },
    })
  })
})
