import { describe, expect, it } from 'vitest'
import { finishReasonOf, readStop, refusalOf, stopSequenceOf } from './stop-reason.ts'

const stopOf = (reason: string, rest: object = {}) => ({ reason, sequence: undefined, details: undefined, ...rest })

describe('finishReasonOf', () => {
  it.each([
    ['end_turn', 'stop', 'tool_calls'],
    ['stop_sequence', 'stop', 'tool_calls'],
    ['pause_turn', 'stop', 'tool_calls'],
    ['tool_use', 'stop', 'tool_calls'],
    ['max_tokens', 'length', 'length'],
    ['model_context_window_exceeded', 'length', 'length'],
    ['refusal', 'content_filter', 'content_filter'],
    ['compaction', 'stop', 'tool_calls'],
  ])('%s → %s, with a call %s', (reason, plain, called) => {
    expect(finishReasonOf(stopOf(reason), false)).toBe(plain)
    expect(finishReasonOf(stopOf(reason), true)).toBe(called)
  })
})

describe('readStop', () => {
  it('reads the three fields', () => {
    expect(readStop({ stop_reason: 'refusal', stop_sequence: 's', stop_details: { a: 1 } })).toEqual({
      reason: 'refusal',
      sequence: 's',
      details: { a: 1 },
    })
  })
  it.each([undefined, null, 7])('%j is no end', (reason) => expect(readStop({ stop_reason: reason })).toBeUndefined())
})

describe('refusalOf', () => {
  it.each([
    [stopOf('end_turn', { details: { explanation: 'e' } }), null],
    [stopOf('refusal'), 'The model declined to answer.'],
    [stopOf('refusal', { details: { explanation: null } }), 'The model declined to answer.'],
    [stopOf('refusal', { details: { explanation: '' } }), 'The model declined to answer.'],
    [stopOf('refusal', { details: { category: 'bio', explanation: 'e' } }), 'e'],
  ])('%j', (stop, refusal) => expect(refusalOf(stop)).toBe(refusal))
})

describe('stopSequenceOf', () => {
  it.each([
    [stopOf('stop_sequence', { sequence: '###' }), { stop_reason: '###' }],
    [stopOf('stop_sequence', { sequence: null }), {}],
    [stopOf('end_turn', { sequence: '###' }), {}],
  ])('%j', (stop, written) => expect(stopSequenceOf(stop)).toEqual(written))
})
