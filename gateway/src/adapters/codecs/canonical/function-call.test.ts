import { expect, test } from 'vitest'
import { argumentsDelta, callId, mintedCallId, readFunctionCall, toFunctionCall } from './function-call.ts'

const CONTEXT = { endpoint: 'chat', fields: {}, model: 'm', id: 'r-1', created: 1 } as const

test.each([
  [
    { id: 'a', function: { name: 'f', arguments: '{}' } },
    { id: 'a', name: 'f', arguments: '{}' },
  ],
  [{ function: { name: '' } }, { id: undefined, name: '', arguments: undefined }],
  [{ id: 'a', function: { arguments: '{}' } }, undefined],
  [{ id: 'a', name: 'f' }, undefined],
  [{ function: 'f' }, undefined],
  ['f', undefined],
  [null, undefined],
])('%j is a call', (call, read) => {
  expect(readFunctionCall(call)).toEqual(read)
})

test('a call, and more of one', () => {
  expect(toFunctionCall('a', 'f', '{"x":1}')).toEqual({ id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } })
  expect(argumentsDelta(2, '{')).toEqual({ tool_calls: [{ index: 2, function: { arguments: '{' } }] })
})

test('ids of the backend, and minted ones', () => {
  expect(callId('a', 3, CONTEXT)).toBe('a')
  for (const id of ['', null, undefined, 5]) expect(callId(id, 3, CONTEXT)).toBe('call_r-1_3')
  expect(mintedCallId(0, CONTEXT)).toBe('call_r-1_0')
})
