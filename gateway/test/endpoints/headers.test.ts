import type { OutgoingHttpHeaders } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { ConfigInput } from '@jairouter/contract/config'
import { formOf } from '../support/multipart.ts'
import { rawExchange } from '../support/raw-exchange.ts'
import { startScripted } from '../support/scripted-server.ts'
import { startRelayed } from '../support/start-pair.ts'

const CLIENT_KEY = 'client-key-0123456789'
const BACKEND_KEY = 'backend-key-9876543210'

const form = formOf([['model', 'm'], ['response_format', 'text'], { name: 'file', filename: 'a.wav', bytes: Buffer.from('RIFF') }])

interface Case {
  readonly name: string
  readonly path: string
  readonly contentType: string
  readonly body: Buffer
  readonly answer: { readonly status: number; readonly type: string; readonly body: string }
}

const ask = (more: object) => Buffer.from(JSON.stringify({ model: 'm', ...more }))
const messages = [{ role: 'user', content: 'x' }]
const COMPLETION = JSON.stringify({ id: 'c', choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }] })
const EVENTS = `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content: 'x' }, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`

/** One for each way in which an answer is delivered. */
const CASES: readonly Case[] = [
  {
    name: 'JSON',
    path: '/v1/chat/completions',
    contentType: 'application/json',
    body: ask({ messages }),
    answer: { status: 200, type: 'application/json', body: COMPLETION },
  },
  {
    name: 'a stream',
    path: '/v1/chat/completions',
    contentType: 'application/json',
    body: ask({ messages, stream: true }),
    answer: { status: 200, type: 'text/event-stream', body: EVENTS },
  },
  {
    name: 'bytes',
    path: '/v1/audio/speech',
    contentType: 'application/json',
    body: ask({ input: 'x', voice: 'y' }),
    answer: { status: 200, type: 'audio/mpeg', body: 'ID3' },
  },
  {
    name: 'text for an upload',
    path: '/v1/audio/transcriptions',
    contentType: form.contentType,
    body: form.body,
    answer: { status: 200, type: 'text/plain', body: 'hello' },
  },
  {
    name: 'a refusal',
    path: '/v1/chat/completions',
    contentType: 'application/json',
    body: ask({ messages }),
    answer: { status: 400, type: 'application/json', body: '{"error":{"message":"no","type":"t","param":null,"code":"c"}}' },
  },
]

async function start(answer: Case['answer'], options: { headers?: OutgoingHttpHeaders; server?: ConfigInput['server'] } = {}) {
  const backend = await startScripted((_, response) => {
    response.writeHead(answer.status, { 'content-type': answer.type, ...options.headers })
    response.end(answer.body)
  })
  const relayed = await startRelayed({
    ...(options.server === undefined ? {} : { server: options.server }),
    auth: { keys: [{ name: 'test', key: CLIENT_KEY }] },
    backends: [
      {
        id: 'one',
        type: 'openai-compatible',
        url: backend.url,
        apiKey: BACKEND_KEY,
        headers: { 'X-Team': 'red' },
        models: ['m'],
        health: { enabled: false },
      },
    ],
  })
  const exchange = ({ path, contentType, body }: Case, headers: readonly string[] = []) => {
    const head = [
      `POST ${path} HTTP/1.1`,
      `host: gateway.example`,
      `authorization: Bearer ${CLIENT_KEY}`,
      `content-type: ${contentType}`,
      `content-length: ${body.length}`,
      ...headers,
    ]
    if (!headers.some((line) => line.toLowerCase().startsWith('connection:'))) head.push('connection: close')
    return rawExchange(relayed.gateway.url, Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]))
  }
  return { ...relayed, backend, exchange }
}

describe.each(CASES)('headers of a request that is answered with $name', (test) => {
  it('go upstream without what belongs to this connection, to proxies or to the client alone', async () => {
    const { exchange, backend } = await start(test.answer)
    const answer = await exchange(test, [
      'connection: close, X-Nominated , x-also-nominated',
      'x-nominated: secret-hop-1',
      'X-Also-Nominated: secret-hop-2',
      'keep-alive: timeout=5',
      'te: trailers',
      'trailer: x-checksum',
      'upgrade: h2c',
      'proxy-authorization: Basic c2VjcmV0',
      'proxy-connection: keep-alive',
      'x-api-key: secret-1',
      'api-key: secret-2',
      'cookie: session=secret-3',
      'x-forwarded-for: 203.0.113.9',
      'x-forwarded-host: evil.example',
      'x-forwarded-proto: https',
      'forwarded: for=203.0.113.9',
      'x-real-ip: 203.0.113.9',
      'via: 1.1 somewhere',
      'accept-encoding: gzip, br',
      'x-jairouter-backend: forged',
      'user-agent: a-test/1',
      'accept: */*',
      'openai-beta: assistants=v2',
      'x-custom: one',
      'X-Custom: two',
    ])
    expect(answer.status).toBe(test.answer.status)
    expect(backend.requests).toHaveLength(1)
    const { 'content-type': type, 'content-length': length, ...headers } = backend.requests[0]?.headers ?? {}
    expect(headers).toEqual({
      host: `127.0.0.1:${backend.port}`,
      connection: 'keep-alive',
      'accept-encoding': 'identity',
      authorization: `Bearer ${BACKEND_KEY}`,
      'user-agent': 'a-test/1',
      accept: '*/*',
      'openai-beta': 'assistants=v2',
      'x-custom': 'one, two',
      'x-team': 'red',
      'x-jairouter-hop': '1',
    })
    expect([type, length]).toEqual([test.contentType, String(backend.requests[0]?.body.length)])
  })

  it('come back without the backend’s own', async () => {
    const { exchange } = await start(test.answer, {
      headers: {
        'set-cookie': ['a=secret', 'b=secret'],
        server: 'uvicorn-secret',
        'x-powered-by': 'secret',
        connection: 'close, x-hop',
        'x-hop': 'secret',
        'keep-alive': 'timeout=secret',
        'proxy-authenticate': 'Basic realm="secret"',
        'www-authenticate': 'Bearer secret',
        authorization: `Bearer ${BACKEND_KEY}`,
        'x-request-id': 'secret-request',
        'x-jairouter-backend': 'secret-backend',
        'access-control-allow-origin': 'https://secret.example',
        'content-disposition': 'attachment; filename="secret"',
        location: 'http://secret.example',
        'alt-svc': 'h3="secret:443"',
      },
    })
    const answer = await exchange(test)
    expect(answer.status).toBe(test.answer.status)
    expect(answer.text).not.toContain('secret')
    expect(answer.text).not.toContain(BACKEND_KEY)
    expect(answer.text).not.toContain(CLIENT_KEY)
    expect(answer.headers.get('connection')).toBe('close')
  })

  it('come back with the request’s id', async () => {
    const { exchange, gateway } = await start(test.answer)
    const given = await exchange(test, ['x-request-id: mine-1.2:3_4'])
    expect(given.headers.get('x-request-id')).toBe('mine-1.2:3_4')
    const made = await exchange(test, ['x-request-id: not "clean"'])
    expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(gateway.records.map(({ id }) => id)).toEqual(['mine-1.2:3_4', made.headers.get('x-request-id')])
  })
})

describe.each(CASES.filter(({ answer }) => answer.status === 200))('headers that tell the route, with $name', (test) => {
  it('are there', async () => {
    const { exchange } = await start(test.answer)
    const { headers } = await exchange(test)
    const routing = Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-jairouter-')))
    expect(routing).toEqual({
      'x-jairouter-backend': 'one',
      'x-jairouter-model': 'm',
      'x-jairouter-attempts': '1',
      'x-jairouter-overhead-ms': expect.stringMatching(/^\d+(\.\d+)?$/),
    })
  })

  it('can be hidden', async () => {
    const { exchange } = await start(test.answer, { server: { exposeRouting: false } })
    const { headers } = await exchange(test)
    expect([...headers.keys()].filter((name) => /jairouter-(backend|model|attempts)/.test(name))).toEqual([])
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('the backend’s key', () => {
  const [json, stream] = CASES

  it.each([400, 401, 403, 404, 409, 422, 429, 500, 502, 503])('is not told when the backend quotes it in a %i', async (status) => {
    const body = JSON.stringify({
      error: { message: `Incorrect API key provided: ${BACKEND_KEY}.`, type: 't', param: null, code: BACKEND_KEY },
    })
    const { exchange, gateway } = await start({ status, type: 'application/json', body })
    const answer = await exchange(json as Case)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.text).not.toContain(BACKEND_KEY)
    await gateway.settled(1)
    expect(gateway.logged()).not.toContain(BACKEND_KEY)
    expect(gateway.logged()).not.toContain(CLIENT_KEY)
  })

  it('is not told when the backend quotes it in an error within a stream', async () => {
    const chunk = JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content: 'x' }, finish_reason: null }] })
    const error = JSON.stringify({ error: { message: `bad key ${BACKEND_KEY}` } })
    const { exchange, gateway } = await start({ status: 200, type: 'text/event-stream', body: `data: ${chunk}\n\ndata: ${error}\n\n` })
    const answer = await exchange(stream as Case)
    expect(answer.text).toContain('stream_interrupted')
    expect(answer.text).not.toContain(BACKEND_KEY)
    await gateway.settled(1)
    expect(gateway.logged()).not.toContain(BACKEND_KEY)
  })
})
