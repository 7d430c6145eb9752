import {
  APIError,
  AuthenticationError,
  BadRequestError,
  ConflictError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  UnprocessableEntityError,
  type OpenAI,
} from 'openai'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/simulator/faults/fault.ts'
import { clientOf, collect, startPair } from '../support/start-pair.ts'

const messages = [{ role: 'user' as const, content: 'x' }]
const chat = (client: OpenAI, model = 'sim-chat') => client.chat.completions.create({ model, messages })

async function errorOf(call: Promise<unknown>): Promise<APIError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof APIError)) throw new Error(`expected an APIError, got ${String(error)}`)
  return error
}

const withKeys = {
  config: {
    auth: {
      keys: [
        { name: 'all', key: 'key-for-everything' },
        { name: 'none', key: 'key-for-nothing', models: ['other-*'] },
      ],
    },
  },
}

describe('the gateway’s own errors', () => {
  it('are a 401 for a wrong key', async () => {
    const { gateway, posts } = await startPair(withKeys)
    const error = await errorOf(chat(clientOf(gateway.url, 'key-of-nobody')))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key', type: 'invalid_request_error', param: null })
    expect(posts()).toEqual([])
  })

  it('are a 403 for a model that the key may not use', async () => {
    const { gateway, posts } = await startPair(withKeys)
    const error = await errorOf(chat(clientOf(gateway.url, 'key-for-nothing')))
    expect(error).toBeInstanceOf(PermissionDeniedError)
    expect(error).toMatchObject({ status: 403, code: 'model_not_allowed', param: 'model' })
    expect(posts()).toEqual([])
  })

  it('are a 404 for an unknown model, with the nearest name', async () => {
    const { client } = await startPair()
    const error = await errorOf(chat(client, 'sim-chta'))
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error).toMatchObject({ status: 404, code: 'model_not_found', type: 'invalid_request_error', param: 'model' })
    expect(error.message).toContain('"sim-chat"')
  })

  it('are a 400 that names the field', async () => {
    const { client } = await startPair()
    const error = await errorOf(client.post('/chat/completions', { body: { model: 'sim-chat' } }))
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', param: 'messages' })
    expect(error.message).toContain('messages')
  })

  it('carry the request’s id', async () => {
    const { client, gateway } = await startPair()
    const error = await errorOf(chat(client, 'nobody'))
    await gateway.settled(1)
    expect(error.requestID).toBe(gateway.records[0]?.id)
  })

  it('are a 503 with Retry-After when nobody can serve', async () => {
    const { client, simulator, gateway } = await startPair({ backend: { models: ['sim-chat'] } })
    await simulator.setDown(true)
    expect((await errorOf(chat(client))).status).toBe(502)
    const error = await errorOf(chat(client))
    expect(error).toBeInstanceOf(InternalServerError)
    expect(error).toMatchObject({ status: 503, code: 'no_healthy_instance' })
    expect(Number(error.headers?.get('retry-after'))).toBeGreaterThan(0)
    await gateway.settled(2)
    expect(gateway.records[1]?.attempts).toEqual([])
  })
})

type ErrorClass = new (...args: never[]) => APIError
/** What the backend does, and what the SDK makes of what the gateway makes of it. */
const UPSTREAM: readonly { fault: Fault; kind: ErrorClass; expected: object }[] = [
  { fault: { name: 'context-length' }, kind: BadRequestError, expected: { status: 400, code: 'context_length_exceeded' } },
  { fault: { name: 'content-filter' }, kind: BadRequestError, expected: { status: 400, code: 'content_filter' } },
  { fault: { name: 'status', status: 404 }, kind: NotFoundError, expected: { status: 404 } },
  { fault: { name: 'status', status: 409 }, kind: ConflictError, expected: { status: 409 } },
  { fault: { name: 'status', status: 413 }, kind: APIError as ErrorClass, expected: { status: 413 } },
  { fault: { name: 'status', status: 422 }, kind: UnprocessableEntityError, expected: { status: 422 } },
  {
    fault: { name: 'rate-limited', retryAfter: '7' },
    kind: RateLimitError,
    expected: { status: 429, code: 'rate_limit_exceeded' },
  },
  { fault: { name: 'unauthorized' }, kind: InternalServerError, expected: { status: 502, code: 'upstream_error' } },
  { fault: { name: 'status', status: 403 }, kind: InternalServerError, expected: { status: 502, code: 'upstream_error' } },
  { fault: { name: 'status', status: 500 }, kind: InternalServerError, expected: { status: 502, code: 'upstream_error' } },
  { fault: { name: 'overloaded' }, kind: InternalServerError, expected: { status: 503, code: 'overloaded' } },
  { fault: { name: 'reset-before-headers' }, kind: InternalServerError, expected: { status: 502, code: 'upstream_error' } },
  { fault: { name: 'error-in-200' }, kind: InternalServerError, expected: { status: 502, code: 'upstream_protocol_error' } },
  { fault: { name: 'short-body' }, kind: InternalServerError, expected: { status: 502 } },
]

describe('a backend’s errors', () => {
  it.each(UPSTREAM)('reach the SDK in its classes: $fault', async ({ fault, kind, expected }) => {
    const { client, simulator } = await startPair()
    simulator.setFault('sim-chat', fault)
    const error = await errorOf(chat(client))
    expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject(expected)
    expect(error.error).toEqual({
      message: expect.any(String),
      type: expect.any(String),
      param: error.param ?? null,
      code: error.code ?? null,
    })
  })

  it.each(['string', 'flat', 'detail', 'detail-list', 'message', 'number', 'array', 'typed', 'data', 'json', 'html', 'text', 'empty'])(
    'reach the SDK with a text from the shape "%s"',
    async (shape) => {
      const { client, simulator } = await startPair()
      simulator.setFault('sim-chat', { name: 'status', status: 422, shape })
      const error = await errorOf(chat(client))
      expect(error).toMatchObject({ status: 422, type: expect.any(String) })
      expect(error.message).not.toContain('no body')
      expect(error.code === null || typeof error.code === 'string').toBe(true)
    },
  )

  it('keep their Retry-After', async () => {
    const { client, simulator } = await startPair()
    simulator.setFault('sim-chat', { name: 'rate-limited', retryAfter: '7' })
    expect((await errorOf(chat(client))).headers?.get('retry-after')).toBe('7')
  })

  it('as a stream’s first event are a status', async () => {
    const { client, simulator } = await startPair()
    simulator.setFault('sim-chat', { name: 'error-first-event' })
    const error = await errorOf(client.chat.completions.create({ model: 'sim-chat', messages, stream: true }))
    expect(error).toBeInstanceOf(InternalServerError)
    expect(error).toMatchObject({ status: 502, code: 'upstream_protocol_error' })
  })

  it.each(['error-mid-stream', 'error-then-done', 'reset-mid-stream', 'fin-mid-stream', 'cut-chunk', 'missing-last-chunk'] as const)(
    'within a stream are thrown after what came before them: %s',
    async (name) => {
      const { client, simulator } = await startPair()
      simulator.setFault('sim-chat', name === 'missing-last-chunk' ? { name: 'fin-mid-stream', at: 17 } : { name })
      const stream = await client.chat.completions.create({ model: 'sim-chat', messages, stream: true })
      let count = 0
      const read = async () => {
        for await (const _ of stream) count += 1
      }
      const error = await errorOf(read())
      expect(error).toMatchObject({ code: 'stream_interrupted', param: null, type: expect.any(String) })
      expect(count).toBeGreaterThan(0)
    },
  )

  it('within a stream make the helper fail, too', async () => {
    const { client, simulator } = await startPair()
    simulator.setFault('sim-chat', { name: 'reset-mid-stream' })
    await expect(client.chat.completions.stream({ model: 'sim-chat', messages }).finalChatCompletion()).rejects.toMatchObject({
      code: 'stream_interrupted',
    })
  })

  it('are not made where the stream only lacks its last, empty chunk', async () => {
    const { client, simulator } = await startPair()
    simulator.setFault('sim-chat', { name: 'missing-last-chunk' })
    const chunks = await collect(await client.chat.completions.create({ model: 'sim-chat', messages, stream: true }))
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
  })
})
