import { describe, expect, it } from 'vitest'
import { CHAT_ANSWER, CONTEXT_EXCEEDED, contextOf, EMBED_ANSWER, GENERATE_ANSWER, QUEUE_FULL } from './fixtures/wire.ts'
import { ollamaCodec } from './ollama.ts'

const NOTHING = { type: undefined, param: undefined, code: undefined }

describe('ollamaCodec', () => {
  it('knows the path of each endpoint', () => {
    const base = { model: 'qwen3:8b', stream: false }
    const messages = [{ role: 'user', content: 'Hi' }]
    expect(ollamaCodec.encode({ ...base, endpoint: 'chat', fields: { messages } })).toEqual({
      path: '/api/chat',
      body: { ...base, messages },
    })
    expect(ollamaCodec.encode({ ...base, endpoint: 'completion', fields: { prompt: 'p' } })).toEqual({
      path: '/api/generate',
      body: { ...base, prompt: 'p' },
    })
    expect(ollamaCodec.encode({ ...base, endpoint: 'embedding', fields: { input: 'a' } })).toEqual({
      path: '/api/embed',
      body: { model: 'qwen3:8b', input: 'a' },
    })
  })

  it('has no other endpoints', () => {
    const refusal = expect.objectContaining({
      name: 'CodecRefusal',
      param: 'model',
      message: 'A model of Ollama has chat, completions and embeddings only',
    })
    expect(() => ollamaCodec.encode({ endpoint: 'rerank', model: 'm', stream: false, fields: {} })).toThrow(refusal)
    expect(() => ollamaCodec.decode({}, contextOf('speech'))).toThrow(refusal)
  })

  it('decodes each endpoint’s answer', () => {
    expect(ollamaCodec.decode(CHAT_ANSWER, contextOf('chat'))).toMatchObject({ object: 'chat.completion' })
    expect(ollamaCodec.decode(GENERATE_ANSWER, contextOf('completion'))).toMatchObject({ object: 'text_completion' })
    expect(ollamaCodec.decode(EMBED_ANSWER, contextOf('embedding', { input: ['a', 'b'] }))).toMatchObject({ object: 'list' })
  })

  it('streams chats and completions', () => {
    expect(ollamaCodec.createStreamDecoder(contextOf('embedding'))).toBeUndefined()
    expect(ollamaCodec.createStreamDecoder(contextOf('rerank'))).toBeUndefined()
    const line = (value: object) => Buffer.from(`${JSON.stringify(value)}\n`)
    expect(ollamaCodec.createStreamDecoder(contextOf('chat'))?.push(line(CHAT_ANSWER)).at(0)).toMatchObject({
      kind: 'chunk',
      chunk: { id: 'chatcmpl-req-1', object: 'chat.completion.chunk' },
    })
    expect(ollamaCodec.createStreamDecoder(contextOf('completion'))?.push(line(GENERATE_ANSWER)).at(0)).toMatchObject({
      kind: 'chunk',
      chunk: { id: 'cmpl-req-1', object: 'text_completion' },
    })
  })

  it.each([
    [503, QUEUE_FULL, { message: 'server busy, please try again. maximum pending requests exceeded' }],
    [404, `{"error":"model 'x' not found"}`, { message: "model 'x' not found" }],
    [401, '{"error":"unauthorized","signin_url":"https://ollama.com/connect?x"}', { message: 'unauthorized' }],
    [
      400,
      CONTEXT_EXCEEDED,
      {
        message: 'request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it',
        type: 'exceed_context_size_error',
        code: '400',
      },
    ],
    [404, '404 page not found', { message: '404 page not found' }],
    [403, '', { message: 'The upstream answered 403 without a body' }],
  ])('reads a %d of %s', (status, body, expected) => {
    expect(ollamaCodec.decodeError(status, Buffer.from(body))).toEqual({ ...NOTHING, ...expected })
  })
})
