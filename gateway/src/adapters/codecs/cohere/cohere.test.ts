import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecFailure, CodecMismatch, CodecRefusal } from '../codec.ts'
import { framed, TEXT_STREAM } from './fixtures/stream-events.ts'
import { cohereCodec } from './cohere.ts'

const CONTEXT = { fields: { input: 'a', documents: ['a'] }, model: 'public', id: 'r-1', created: 1 } as const
const call = { model: 'm', stream: false } as const
const error = (status: number, body: string) => cohereCodec.decodeError(status, Buffer.from(body))

describe('cohereCodec', () => {
  it('has a path for each operation', () => {
    expect(cohereCodec.encode({ ...call, endpoint: 'chat', fields: { messages: [] } })).toEqual({
      path: '/v2/chat',
      body: { model: 'm', messages: [], stream: false },
    })
    expect(cohereCodec.encode({ ...call, endpoint: 'embedding', fields: { input: 'a' } })).toEqual({
      path: '/v2/embed',
      body: { model: 'm', texts: ['a'], input_type: 'search_document', embedding_types: ['float'] },
    })
    expect(cohereCodec.encode({ ...call, endpoint: 'rerank', fields: { query: 'q', documents: ['a'] } })).toEqual({
      path: '/v2/rerank',
      body: { model: 'm', query: 'q', documents: ['a'] },
    })
  })

  it('decodes by the endpoint', () => {
    const chat = { message: { content: [{ type: 'text', text: 'x' }] }, finish_reason: 'COMPLETE' }
    expect(cohereCodec.decode(chat, { ...CONTEXT, endpoint: 'chat' })['object']).toBe('chat.completion')
    expect(cohereCodec.decode({ embeddings: { float: [[1]] } }, { ...CONTEXT, endpoint: 'embedding' })['data']).toEqual([
      { object: 'embedding', index: 0, embedding: [1] },
    ])
    expect(cohereCodec.decode({ results: [{ index: 0, relevance_score: 1 }] }, { ...CONTEXT, endpoint: 'rerank' })['results']).toEqual([
      { index: 0, relevance_score: 1 },
    ])
  })

  it('streams chat alone', () => {
    const decoder = cohereCodec.createStreamDecoder({ ...CONTEXT, endpoint: 'chat' })
    expect(decoder?.push(Buffer.from(TEXT_STREAM)).at(-1)).toEqual({ kind: 'end' })
    expect(cohereCodec.createStreamDecoder({ ...CONTEXT, endpoint: 'embedding' })).toBeUndefined()
    expect(cohereCodec.createStreamDecoder({ ...CONTEXT, endpoint: 'rerank' })).toBeUndefined()
  })

  it('refuses what Cohere has not', () => {
    expect(() => cohereCodec.encode({ ...call, endpoint: 'completion', fields: { prompt: 'x' } })).toThrow(
      expect.toSatisfy((refusal) => refusal instanceof CodecRefusal && refusal.param === 'model'),
    )
  })

  it('throws nothing but its own errors, whatever comes', () => {
    const endpoint = fc.constantFrom('chat', 'embedding', 'rerank')
    const json = fc.jsonValue({ maxDepth: 3 })
    const names = [
      'message',
      'content',
      'tool_calls',
      'finish_reason',
      'usage',
      'embeddings',
      'float',
      'results',
      'meta',
      'function',
    ] as const
    const answer = fc.dictionary(fc.constantFrom(...names), fc.oneof(json, fc.dictionary(fc.constantFrom(...names), json)))
    const fields = fc.dictionary(
      fc.constantFrom('messages', 'input', 'documents', 'tools', 'tool_choice', 'response_format', 'stop', 'n'),
      json,
    )
    const own = (act: () => unknown, ...kinds: readonly (new (...given: never[]) => Error)[]) => {
      try {
        act()
      } catch (thrown) {
        if (!kinds.some((kind) => thrown instanceof kind)) throw thrown
      }
    }
    fc.assert(
      fc.property(endpoint, answer, fields, (endpoint, answer, fields) => {
        own(() => cohereCodec.decode(answer, { ...CONTEXT, fields, endpoint }), CodecMismatch, CodecFailure)
        own(() => cohereCodec.encode({ ...call, endpoint, fields }), CodecRefusal)
      }),
      { numRuns: 300 },
    )
    const type = fc.constantFrom(
      'message-start',
      'content-start',
      'content-delta',
      'tool-plan-delta',
      'tool-call-start',
      'tool-call-delta',
      'tool-call-end',
      'citation-start',
      'message-end',
    )
    const event = fc.record({ type, index: fc.option(fc.nat(2)), delta: fc.oneof(json, fc.record({ message: fc.oneof(json, answer) })) })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 6 }), (events) => {
        const decoder = cohereCodec.createStreamDecoder({ ...CONTEXT, endpoint: 'chat' })
        own(() => decoder?.push(Buffer.from(framed(...events))), CodecMismatch)
        own(() => decoder?.flush(), CodecMismatch)
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    [
      'a message',
      422,
      '{"id":"x","message":"unknown field: parameter \'strict\' is not a valid field"}',
      "unknown field: parameter 'strict' is not a valid field",
    ],
    ['an invalid token', 498, '{"message":"invalid api token"}', 'invalid api token'],
    ['text', 502, 'bad gateway', 'bad gateway'],
    ['nothing', 503, '', 'The upstream answered 503 without a body'],
    ['other JSON', 500, '{}', 'The upstream answered 500'],
  ])('reads an error: %s', (_name, status, body, message) => {
    expect(error(status, body)).toEqual({ message, type: undefined, param: undefined, code: undefined })
  })
})
