import { expect, test } from 'vitest'
import { readUpstreamError } from '../../../errors/upstream-error-body.ts'
import type { AnswerContext, CanonicalCall, StreamDecoder } from '../codec.ts'
import { codecByEndpoint, toPath } from './endpoint-codec.ts'

const DECODER: StreamDecoder = { push: () => [], flush: () => [] }
const codec = codecByEndpoint({
  operations: {
    chat: {
      encode: toPath('/chat', ({ model }) => ({ model })),
      decode: (answer, { model }) => ({ answer, model }),
      createStreamDecoder: () => DECODER,
    },
    embedding: { encode: toPath('/embed', () => ({})), decode: () => ({}) },
  },
  because: (endpoint) => `No ${endpoint}`,
  decodeError: readUpstreamError,
})
const call = (endpoint: CanonicalCall['endpoint']): CanonicalCall => ({ endpoint, model: 'm', stream: false, fields: {} })
const context = (endpoint: AnswerContext['endpoint']): AnswerContext => ({ endpoint, fields: {}, model: 'm', id: 'r-1', created: 1 })

test('each endpoint by its own operation', () => {
  expect(codec.encode(call('chat'))).toEqual({ path: '/chat', body: { model: 'm' } })
  expect(codec.encode(call('embedding'))).toEqual({ path: '/embed', body: {} })
  expect(codec.decode('x', context('chat'))).toEqual({ answer: 'x', model: 'm' })
  expect(codec.createStreamDecoder(context('chat'))).toBe(DECODER)
  expect(codec.createStreamDecoder(context('embedding'))).toBe(undefined)
  expect(codec.decodeError).toBe(readUpstreamError)
})

test('an endpoint that the format does not have', () => {
  const refusal = expect.objectContaining({ name: 'CodecRefusal', param: 'model', message: 'No rerank' })
  expect(() => codec.encode(call('rerank'))).toThrow(refusal)
  expect(() => codec.decode({}, context('rerank'))).toThrow(refusal)
  expect(codec.createStreamDecoder(context('rerank'))).toBe(undefined)
})
