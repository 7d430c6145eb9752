import { expect, test } from 'vitest'
import { finishOf } from './finish-reason.ts'

test.each([
  ['STOP', 'stop', 'tool_calls'],
  ['MAX_TOKENS', 'length', 'length'],
  ['FINISH_REASON_UNSPECIFIED', 'stop', 'tool_calls'],
  ['SOMETHING_NEW', 'stop', 'tool_calls'],
  ...[
    'SAFETY',
    'RECITATION',
    'LANGUAGE',
    'BLOCKLIST',
    'PROHIBITED_CONTENT',
    'SPII',
    'MODEL_ARMOR',
    'IMAGE_SAFETY',
    'IMAGE_PROHIBITED_CONTENT',
    'IMAGE_RECITATION',
  ].map((reason): [string, string, string] => [reason, 'content_filter', 'content_filter']),
])('%s', (finishReason, plain, called) => {
  expect(finishOf({ finishReason }, false)).toEqual({ kind: 'finished', reason: plain })
  expect(finishOf({ finishReason }, true)).toEqual({ kind: 'finished', reason: called })
})

test.each([
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
  'MALFORMED_RESPONSE',
  'NO_IMAGE',
  'IMAGE_OTHER',
  'OTHER',
])('%s is a failure', (finishReason) => {
  expect(finishOf({ finishReason }, true)).toEqual({
    kind: 'failed',
    error: {
      message: `The model stopped without an answer: ${finishReason}`,
      type: 'upstream_error',
      param: undefined,
      code: finishReason.toLowerCase(),
    },
  })
})

test('a failure with Gemini’s own words, without addresses', () => {
  const candidate = { finishReason: 'OTHER', finishMessage: 'Malformed: see http://10.0.0.1/x' }
  expect(finishOf(candidate, false)).toMatchObject({
    error: { message: 'The model stopped without an answer: OTHER (Malformed: see [address])' },
  })
})

test.each([{}, { finishReason: null }, { finishReason: '' }])('%j is no end', (candidate) => {
  expect(finishOf(candidate, true)).toBe(undefined)
})
