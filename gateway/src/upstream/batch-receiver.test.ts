import { expect, test } from 'vitest'
import { connectionFault, rejectedIn } from './batch-receiver.ts'

test.each([
  ['nothing', [], 0],
  ['a partial success', [0x0a, 0x02, 0x08, 0x05], 5],
  ['with a message behind it', [0x0a, 0x06, 0x08, 0x80, 0x01, 0x12, 0x01, 0x61], 128],
  ['with a message before it', [0x0a, 0x05, 0x12, 0x01, 0x61, 0x08, 0x07], 7],
  ['a warning that rejects none', [0x0a, 0x03, 0x12, 0x01, 0x61], 0],
  ['a field that nobody knows', [0x12, 0x01, 0x61, 0x0a, 0x02, 0x08, 0x05], 5],
  ['what is cut off', [0x0a, 0x20, 0x08], 0],
  ['what is no protobuf', [...Buffer.from('<html></html>')], 0],
  ['endless bytes of a number', Array.from({ length: 50 }, () => 0xff), 0],
])('an answer that is %s', (_what, bytes, rejected) => {
  expect(rejectedIn(Uint8Array.from(bytes))).toBe(rejected)
})

test('of an error the innermost code is told, and never its text', () => {
  const inner = Object.assign(new Error('a secret'), { code: 'ECONNREFUSED' })
  expect(connectionFault(Object.assign(new Error('outer', { cause: inner }), { code: 'ERR_HTTP2_STREAM_CANCEL' }))).toEqual({
    kind: 'later',
    why: 'ECONNREFUSED',
  })
  expect(connectionFault(new Error('a secret'))).toEqual({ kind: 'later', why: 'the connection failed' })
  expect(connectionFault('a secret')).toEqual({ kind: 'later', why: 'the connection failed' })
})
