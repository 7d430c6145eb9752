import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { formOf, noise } from '../support/multipart.ts'
import { exchangeRaw } from '../support/raw-connection.ts'
import { startScripted, type Script } from '../support/scripted-server.ts'
import { startRelayed } from '../support/start-pair.ts'

const CLIENT_KEY = 'sk-canary-of-the-client-1f0c5d'
const BACKEND_KEY = 'sk-canary-of-the-backend-9e2b7a'
const OTHER_KEY = 'sk-canary-of-nobody-77d3e1'
const PROMPT = 'canary prompt: the launch code is 4711-zebra-Ölfass "quoted"\nsecond line 你好世界再见朋友'
/** What would show the prompt, in any of the ways in which it could be written down. */
const PROMPT_TRACES = [
  'launch code',
  '4711-zebra',
  '你好世界',
  JSON.stringify('你好世界').slice(1, -1),
  'second line',
  Buffer.from(PROMPT).toString('base64').slice(0, 40),
]
const KEY_TRACES = [
  CLIENT_KEY,
  BACKEND_KEY,
  OTHER_KEY,
  'canary-of',
  CLIENT_KEY.slice(0, 20),
  BACKEND_KEY.slice(0, 20),
  Buffer.from(CLIENT_KEY).toString('base64').slice(0, 30),
]

const messages = [{ role: 'user', content: PROMPT }]
const chatBody = (more: object = {}) => JSON.stringify({ model: 'm', messages, user: PROMPT, ...more })

interface Sent {
  readonly path?: string
  readonly body: string | Buffer
  readonly key?: string
  readonly contentType?: string
  readonly lines?: readonly string[]
}

function requestOf({ path = '/v1/chat/completions', body, key = CLIENT_KEY, contentType = 'application/json', lines = [] }: Sent): Buffer {
  const bytes = Buffer.from(body)
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: x',
    `authorization: Bearer ${key}`,
    `content-type: ${contentType}`,
    `content-length: ${bytes.length}`,
    'connection: close',
    ...lines,
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), bytes])
}

async function start(script: Script) {
  const backend = await startScripted(script)
  const relayed = await startRelayed({
    log: { level: 'trace' },
    auth: {
      keys: [
        { name: 'test', key: CLIENT_KEY },
        { name: 'off', key: 'sk-canary-of-the-disabled', enabled: false },
      ],
    },
    defaults: { timeouts: { response: '300ms', firstToken: '300ms', idle: '300ms' } },
    backends: [
      { id: 'one', type: 'openai-compatible', url: backend.url, apiKey: BACKEND_KEY, models: ['m'], health: { enabled: false } },
      { id: 'two', type: 'openai-compatible', url: backend.url, apiKey: BACKEND_KEY, models: ['m'], health: { enabled: false } },
    ],
  })
  return { ...relayed, backend }
}
type Started = Awaited<ReturnType<typeof start>>

/** Nothing of a key anywhere, nothing of a prompt where others read. */
async function expectNoTrace({ gateway }: Started, answers: readonly string[]): Promise<void> {
  const metrics = (await ask(`${gateway.url}/metrics`)).text
  const readiness = (await ask(`${gateway.url}/health/ready`)).text
  const sinks = { log: gateway.logged(), metrics, readiness }
  for (const [name, text] of Object.entries(sinks)) {
    expect(text.length, name).toBeGreaterThan(100)
    for (const trace of [...PROMPT_TRACES, ...KEY_TRACES]) expect(text.includes(trace), `${trace} in ${name}`).toBe(false)
  }
  for (const answer of answers) for (const trace of KEY_TRACES) expect(answer).not.toContain(trace)
}

describe('keys and prompts', () => {
  const form = formOf([
    ['model', 'm'],
    ['prompt', PROMPT],
    { name: 'file', filename: `${PROMPT}.wav`.replaceAll(/["\n]/g, ''), bytes: noise(2_000) },
  ])
  const REFUSED: readonly (Sent & { readonly what: string })[] = [
    { what: 'broken JSON', body: chatBody().slice(0, -5) },
    { what: 'JSON that breaks within the prompt', body: chatBody().replace('launch', 'launch" ') },
    { what: 'a wrong key', body: chatBody(), key: OTHER_KEY },
    { what: 'a disabled key', body: chatBody(), key: 'sk-canary-of-the-disabled' },
    { what: 'a key with more behind it', body: chatBody(), key: `${CLIENT_KEY}x` },
    { what: 'a key in the URL', body: chatBody(), path: `/v1/chat/completions?api_key=${CLIENT_KEY}&q=launch+code`, key: OTHER_KEY },
    { what: 'a key in an unknown path', body: chatBody(), path: `/v1/${CLIENT_KEY}` },
    { what: 'a key in an ambiguous path', body: chatBody(), path: `/v1//${CLIENT_KEY}` },
    { what: 'a path that can’t be decoded', body: chatBody(), path: `/v1/${CLIENT_KEY}%ff` },
    { what: 'a path that is too long', body: chatBody(), path: `/v1/${CLIENT_KEY.repeat(400)}` },
    { what: 'the prompt as messages', body: JSON.stringify({ model: 'm', messages: PROMPT }) },
    { what: 'the prompt as stream', body: chatBody({ stream: PROMPT }) },
    { what: 'the prompt too deep', body: `{"model":"m","messages":${'['.repeat(100)}${JSON.stringify(PROMPT)}${']'.repeat(100)}}` },
    { what: 'two models', body: chatBody().replace('{', '{"model":"m",') },
    { what: 'another content type', body: chatBody(), contentType: 'text/plain' },
    { what: 'the prompt as content type', body: chatBody(), contentType: 'launch code/4711-zebra' },
    { what: 'a body in gzip', body: chatBody(), lines: ['content-encoding: gzip'] },
    { what: 'an upload that is cut', path: '/v1/audio/transcriptions', body: form.body.subarray(0, 900), contentType: form.contentType },
    {
      what: 'an upload with the wrong boundary',
      path: '/v1/audio/transcriptions',
      body: form.body,
      contentType: 'multipart/form-data; boundary=other',
    },
    { what: 'two keys', body: chatBody(), lines: [`authorization: Bearer ${OTHER_KEY}`] },
    {
      what: 'keys in other headers',
      body: chatBody({ model: 'unknown' }),
      lines: [`x-api-key: ${OTHER_KEY}`, `cookie: ${OTHER_KEY}`, `x-request-id: ${OTHER_KEY} launch code`],
    },
    { what: 'a header that breaks the parser', body: chatBody(), lines: [`x-a: ${OTHER_KEY}\u0000launch code`] },
    { what: 'headers that are too large', body: chatBody(), lines: [`x-a: ${OTHER_KEY.repeat(1_000)}`] },
  ]
  it('leave no trace of a request that the gateway refuses', async () => {
    const started = await start((_request, response) => void response.end())
    const answers: string[] = []
    for (const sent of REFUSED) {
      const { status, body } = await exchangeRaw(started.gateway.url, requestOf(sent))
      expect([sent.what, status >= 400 && status < 500]).toEqual([sent.what, true])
      for (const trace of PROMPT_TRACES) expect(body, sent.what).not.toContain(trace)
      answers.push(body)
    }
    await expectNoTrace(started, answers)
  })

  const echo = (body: Buffer, key: string | undefined) => `cannot do this with key ${String(key)}: ${body.toString()}`
  const chunk = (content: string, finish: string | null = null) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`
  /** A backend that repeats, in every way it can, what it was sent and with which key. */
  const FAILING: Readonly<Record<string, Script>> = {
    ...Object.fromEntries(
      [401, 402, 403, 408, 424, 498, 500, 502, 503, 504, 529, 302].map((status): [string, Script] => [
        `a ${status}`,
        ({ body, headers }, response) => {
          response.writeHead(status, { 'content-type': 'application/json' })
          response.end(
            JSON.stringify({
              error: { message: echo(body, headers.authorization), type: echo(body, headers.authorization), code: headers.authorization },
            }),
          )
        },
      ]),
    ),
    'a 500 as text': ({ body, headers }, response) => {
      response.writeHead(500, { 'content-type': 'text/plain' })
      response.end(echo(body, headers.authorization))
    },
    'a 500 as a page': ({ body, headers }, response) => {
      response.writeHead(500, { 'content-type': 'text/html' })
      response.end(`<h1>${echo(body, headers.authorization)}</h1>`)
    },
    'an error within a 200': ({ body, headers }, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { message: echo(body, headers.authorization) } }))
    },
    'a 200 that is no JSON': ({ body, headers }, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(echo(body, headers.authorization))
    },
    'another content type': ({ body, headers }, response) => {
      response.writeHead(200, { 'content-type': `text/html; x="${String(headers.authorization)}"` })
      response.end(echo(body, headers.authorization))
    },
    'an error in the stream': ({ body, headers }, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(`${chunk('x')}data: ${JSON.stringify({ error: { message: echo(body, headers.authorization) } })}\n\n`)
    },
    'an error as the first event': ({ body, headers }, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(`data: ${JSON.stringify({ error: echo(body, headers.authorization) })}\n\n`)
    },
    'a broken event': ({ body, headers }, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(`${chunk('x')}data: {"choices":${echo(body, headers.authorization)}`.replaceAll('\n', ' '))
    },
    'a broken connection': (_request, response) => void response.destroy(),
    silence: () => {},
    'headers that repeat them': ({ headers }, response) => {
      response.writeHead(500, {
        'x-debug': String(headers.authorization),
        'www-authenticate': String(headers.authorization),
        'content-encoding': 'launch code',
      })
      response.end()
    },
  }
  it.each(Object.entries(FAILING))('leave no trace of a failure: %s', async (_what, script) => {
    const started = await start(script)
    const answers: string[] = []
    for (const stream of [false, true]) {
      const { status, headers, body } = await exchangeRaw(started.gateway.url, requestOf({ body: chatBody({ stream }) }))
      answers.push(JSON.stringify([status, headers, body]))
    }
    const { body } = await exchangeRaw(
      started.gateway.url,
      requestOf({ path: '/v1/audio/transcriptions', body: form.body, contentType: form.contentType }),
    )
    answers.push(body)
    await started.gateway.settled(3)
    expect(started.backend.requests.map(({ headers }) => headers.authorization)).toContain(`Bearer ${BACKEND_KEY}`)
    // Whoever sent the prompt is given fixed texts, too.
    for (const answer of answers) for (const trace of PROMPT_TRACES) expect(answer).not.toContain(trace)
    await expectNoTrace(started, answers)
  })

  it.each([400, 404, 409, 413, 422, 429])(
    'leave no trace but in the client’s own answer when the backend repeats them in a %i',
    async (status) => {
      const started = await start(({ body, headers }, response) => {
        response.writeHead(status, { 'content-type': 'application/json' })
        const message = `${String(headers.authorization)}: ${JSON.parse(body.toString()).messages[0].content}`
        response.end(JSON.stringify({ error: { message, type: BACKEND_KEY, param: BACKEND_KEY, code: BACKEND_KEY } }))
      })
      const answer = await exchangeRaw(started.gateway.url, requestOf({ body: chatBody() }))
      expect(answer.status).toBe(status)
      await started.gateway.settled(1)
      await expectNoTrace(started, [answer.body, JSON.stringify(answer.headers)])
    },
  )

  it('leave no trace of a request that goes well', async () => {
    const started = await start(({ body }, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': BACKEND_KEY, server: BACKEND_KEY })
      response.end(`${chunk(JSON.parse(body.toString()).messages[0].content)}${chunk('', 'stop')}data: [DONE]\n\n`)
    })
    const { status, headers, body } = await exchangeRaw(started.gateway.url, requestOf({ body: chatBody({ stream: true }) }))
    expect(status).toBe(200)
    expect(body).toContain('launch code')
    await started.gateway.settled(1)
    await expectNoTrace(started, [JSON.stringify(headers), body])
  })
})
