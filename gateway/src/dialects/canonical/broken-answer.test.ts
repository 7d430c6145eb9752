import { expect, test } from 'vitest'
import { brokenOff, failedAnswer, senselessCall } from './broken-answer.ts'

test.each([
  [brokenOff, 'stream_interrupted', 'The answer broke off before its end'],
  [senselessCall, 'upstream_protocol_error', 'The model called a tool in a way that makes no sense'],
  [failedAnswer, 'upstream_error', 'The model failed while it answered'],
] as const)('%o', (make, code, message) => {
  expect(make()).toMatchObject({ code, message, param: undefined })
})
