import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/simulator/faults/fault.ts'
import { formOf, noise } from '../support/multipart.ts'
import { startMute } from '../support/mute-server.ts'
import { startScripted } from '../support/scripted-server.ts'
import { dataOf } from '../support/sse-data.ts'
import { errorBodyOf, startFaulty } from '../support/start-faulty.ts'
import { startRelayed, startSimulatorForTest, type Relayed } from '../support/start-pair.ts'

type Limit = 'connect' | 'response' | 'firstToken' | 'idle' | 'total'

interface Ask {
  readonly path: string
  readonly contentType: string
  readonly body: Buffer
}
const json = (path: string, body: object): Ask => ({ path, contentType: 'application/json', body: Buffer.from(JSON.stringify(body)) })
const upload = (...fields: [string, string][]): Ask => {
  const form = formOf([['model', 'sim-stt'], ...fields, { name: 'file', filename: 'a.wav', bytes: noise(3_000) }])
  return { path: '/v1/audio/transcriptions', contentType: form.contentType, body: form.body }
}
const messages = [{ role: 'user', content: 'x' }]
const CHAT = json('/v1/chat/completions', { model: 'sim-chat', messages })
const CHAT_STREAM = json('/v1/chat/completions', { model: 'sim-chat', messages, stream: true })
const SPEECH = json('/v1/audio/speech', { model: 'sim-tts', voice: 'a', input: 'Read this aloud. '.repeat(20) })
const SPEECH_EVENTS = json('/v1/audio/speech', { model: 'sim-tts', voice: 'a', input: 'Read this aloud.', stream_format: 'sse' })
const TRANSCRIPTION = upload()
const TRANSCRIPTION_TEXT = upload(['response_format', 'text'])
const TRANSCRIPTION_EVENTS = upload(['stream', 'true'])

const ENDPOINTS = [
  { endpoint: 'chat', request: CHAT },
  { endpoint: 'chat streamed', request: CHAT_STREAM },
  { endpoint: 'speech', request: SPEECH },
  { endpoint: 'transcription', request: TRANSCRIPTION },
]
const LIMIT_MS = 150
/** A busy machine may be late, never early; Node's timers count in whole milliseconds. */
const EARLIEST_MS = LIMIT_MS - 2

const only = (limit: Limit) => ({ defaults: { timeouts: { [limit]: `${LIMIT_MS}ms` } } })
const send = ({ post }: Relayed, { path, body, contentType }: Ask) => post(path, body, { 'content-type': contentType })

async function expectTimeout(response: Response, limit: Limit): Promise<void> {
  const error = errorBodyOf(await response.text())
  expect([response.status, error]).toEqual([
    504,
    {
      message: expect.stringContaining(`${LIMIT_MS} ms (limit "${limit}")`),
      type: 'upstream_error',
      param: null,
      code: 'upstream_timeout',
    },
  ])
}

async function expectRecord({ gateway }: Relayed, limit: Limit, status: number): Promise<void> {
  await gateway.settled(1)
  const [record] = gateway.records
  expect(record).toMatchObject({ status, code: 'upstream_timeout', attempts: [{ outcome: `timeout_${limit}` }] })
  expect(record?.durationMs).toBeGreaterThanOrEqual(EARLIEST_MS)
}

describe.each(ENDPOINTS)('$endpoint', ({ request }) => {
  it('ends at the limit "connect" when the connection does not come about', async () => {
    const server = await startMute()
    const backend = {
      id: 'mute',
      type: 'openai-compatible',
      url: `https://127.0.0.1:${server.port}`,
      models: ['sim-chat', 'sim-tts', 'sim-stt'],
    }
    const relayed = await startRelayed({ ...only('connect'), backends: [{ ...backend, health: { enabled: false } }] })
    await expectTimeout(await send(relayed, request), 'connect')
    await expectRecord(relayed, 'connect', 504)
    expect(server.made()).toBe(1)
  })

  it('ends at the limit "response" when no answer begins', async () => {
    const started = await startFaulty({ second: false, config: only('response') })
    started.faulty.setFault('*', { name: 'hang' })
    await expectTimeout(await send(started, request), 'response')
    await expectRecord(started, 'response', 504)
    await started.faulty.waitFor(({ seen }) => seen.some(({ abortedAt }) => abortedAt !== undefined))
  })

  it('ends at the limit "total" when no answer begins', async () => {
    const started = await startFaulty({ second: true, config: only('total') })
    started.faulty.setFault('*', { name: 'hang' })
    await expectTimeout(await send(started, request), 'total')
    await expectRecord(started, 'total', 504)
    await started.faulty.waitFor(({ seen }) => seen.some(({ abortedAt }) => abortedAt !== undefined))
    expect(started.healthy?.seen.filter(({ method }) => method === 'POST')).toEqual([])
  })
})

describe('an answer in one piece', () => {
  it.each([
    { endpoint: 'chat', request: CHAT, fault: { name: 'stall' } satisfies Fault },
    { endpoint: 'chat, drop by drop', request: CHAT, fault: { name: 'slow-body', after: 20 } satisfies Fault },
    { endpoint: 'transcription', request: TRANSCRIPTION, fault: { name: 'stall' } satisfies Fault },
    { endpoint: 'transcription as text', request: TRANSCRIPTION_TEXT, fault: { name: 'stall' } satisfies Fault },
    { endpoint: 'speech without a byte', request: SPEECH, fault: { name: 'headers-only' } satisfies Fault },
    { endpoint: 'an answer to come whose head drips', request: CHAT, fault: { name: 'slow-headers', after: 20 } satisfies Fault },
  ])('is due whole at the limit "response": $endpoint', async ({ request, fault }) => {
    const started = await startFaulty({ second: false, config: only('response') })
    started.faulty.setFault('*', fault)
    await expectTimeout(await send(started, request), 'response')
    await expectRecord(started, 'response', 504)
  })
})

const STREAMS = [
  { endpoint: 'chat', request: CHAT_STREAM, at: 3 },
  { endpoint: 'speech', request: SPEECH_EVENTS, at: 1 },
  { endpoint: 'transcription', request: TRANSCRIPTION_EVENTS, at: 1 },
]

describe('a stream', () => {
  it.each(STREAMS)('ends at the limit "firstToken" when its head comes and no event: $endpoint', async ({ request }) => {
    const started = await startFaulty({ second: false, config: only('firstToken') })
    started.faulty.setFault('*', { name: 'headers-only' })
    await expectTimeout(await send(started, request), 'firstToken')
    await expectRecord(started, 'firstToken', 504)
  })

  it('ends at the limit "firstToken" when not even its head comes', async () => {
    const started = await startFaulty({ second: false, config: only('firstToken') })
    started.faulty.setFault('*', { name: 'hang' })
    await expectTimeout(await send(started, CHAT_STREAM), 'firstToken')
    await expectRecord(started, 'firstToken', 504)
  })

  it.each(STREAMS)('ends at the limit "firstToken" when only comments come: $endpoint', async ({ request }) => {
    const started = await startFaulty({ second: false, config: only('firstToken') })
    started.faulty.setFault('*', { name: 'stall-with-comments', at: 0, after: 5 })
    await expectTimeout(await send(started, request), 'firstToken')
    await expectRecord(started, 'firstToken', 504)
  })

  it.each([
    ...STREAMS.map((stream) => ({ ...stream, limit: 'idle' as const })),
    { ...STREAMS[0], request: CHAT_STREAM, at: 3, limit: 'total' as const },
  ])('ends at the limit "$limit" with an error event when it falls silent: $endpoint', async ({ request, at, limit }) => {
    const started = await startFaulty({ second: true, config: only(limit) })
    started.faulty.setFault('*', { name: 'stall', at })
    const response = await send(started, request)
    const events = dataOf(await response.text())
    expect(events).toHaveLength(at + 1)
    expect(errorBodyOf(events.at(-1) ?? '')).toMatchObject({
      code: 'upstream_timeout',
      message: expect.stringContaining(`${LIMIT_MS} ms (limit "${limit}")`),
    })
    await expectRecord(started, limit, 200)
  })

  it('ends at the limit "idle" though comments come', async () => {
    const started = await startFaulty({ second: false, config: only('idle') })
    started.faulty.setFault('*', { name: 'stall-with-comments', at: 3, after: 5 })
    const response = await send(started, CHAT_STREAM)
    const text = await response.text()
    expect(errorBodyOf(dataOf(text).at(-1) ?? '')).toMatchObject({ code: 'upstream_timeout', message: expect.stringContaining('"idle"') })
    // They go on to the client, whose connection they keep alive.
    expect(text).toContain(': ping\n\n')
    await expectRecord(started, 'idle', 200)
  })

  it('may take longer than every limit but "total" as long as it goes on', async () => {
    const limits = { connect: '900ms', response: '900ms', firstToken: '900ms', idle: '900ms' }
    const started = await startFaulty({ second: false, config: { defaults: { timeouts: limits } } })
    started.faulty.setFault('*', { name: 'slow-events', after: 150 })
    const response = await send(started, CHAT_STREAM)
    expect(dataOf(await response.text()).at(-1)).toBe('[DONE]')
    await started.gateway.settled(1)
    expect(started.gateway.records[0]?.durationMs).toBeGreaterThan(900)
  })
})

describe('speech that falls silent', () => {
  it.each(['idle', 'total'] as const)('ends at the limit "%s" with a broken connection', async (limit) => {
    const started = await startFaulty({ second: true, config: only(limit) })
    started.faulty.setFault('*', { name: 'stall', at: 4_096 })
    const response = await send(started, SPEECH)
    expect(response.status).toBe(200)
    await expect(response.arrayBuffer()).rejects.toThrow('terminated')
    await expectRecord(started, limit, 200)
  })
})

describe('the limits', () => {
  it('have a text each', async () => {
    const texts = new Set<string>()
    const server = await startMute()
    const simulator = await startSimulatorForTest()
    const faults: readonly [Limit, Fault][] = [
      ['connect', { name: 'hang' }],
      ['response', { name: 'hang' }],
      ['firstToken', { name: 'stall', at: 0 }],
      ['idle', { name: 'stall', at: 2 }],
      ['total', { name: 'hang' }],
    ]
    for (const [limit, fault] of faults) {
      simulator.setFault('*', fault)
      const url = limit === 'connect' ? `https://127.0.0.1:${server.port}` : simulator.url
      const relayed = await startRelayed({
        ...only(limit),
        backends: [{ id: 'one', type: 'openai-compatible', url, models: ['sim-chat'], health: { enabled: false } }],
      })
      const text = await (await send(relayed, CHAT_STREAM)).text()
      const { message } = errorBodyOf(text.startsWith('{') ? text : (dataOf(text).at(-1) ?? ''))
      texts.add(message.replace(/\(.*\)/, ''))
    }
    expect(texts.size).toBe(5)
  })

  it('"connect" moves on to another backend', async () => {
    const server = await startMute()
    const simulator = await startSimulatorForTest()
    const common = { type: 'openai-compatible', models: ['sim-chat'], health: { enabled: false } }
    const relayed = await startRelayed({
      ...only('connect'),
      backends: [
        { ...common, id: 'mute', url: `https://127.0.0.1:${server.port}`, priority: 1 },
        { ...common, id: 'well', url: simulator.url, priority: 2 },
      ],
    })
    const response = await send(relayed, CHAT)
    expect([response.status, response.headers.get('x-jairouter-backend')]).toEqual([200, 'well'])
    await response.text()
    await relayed.gateway.settled(1)
    expect(relayed.gateway.records).toMatchObject([{ attempts: [{ outcome: 'timeout_connect' }, { outcome: 'ok' }] }])
  })

  it('"idle" does not run while it is the client that does not read', async () => {
    const backend = await startScripted((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const chunk = JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content: 'x'.repeat(8_000) }, finish_reason: null }] })
      const last = JSON.stringify({ id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
      response.write(`data: ${chunk}\n\n`.repeat(2_000))
      response.end(`data: ${last}\n\ndata: [DONE]\n\n`)
    })
    const relayed = await startRelayed({
      ...only('idle'),
      backends: [{ id: 'one', type: 'openai-compatible', url: backend.url, models: ['sim-chat'], health: { enabled: false } }],
    })
    const response = await send(relayed, CHAT_STREAM)
    const reader = response.body?.getReader()
    const first = await reader?.read()
    // Longer than the limit, while the gateway's buffers and the backend are full.
    await new Promise((resolve) => setTimeout(resolve, 3 * LIMIT_MS))
    const chunks = [first?.value]
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) chunks.push(next.value)
    const text = Buffer.concat(chunks.map((chunk) => chunk ?? new Uint8Array())).toString()
    expect(text.slice(-'data: [DONE]\n\n'.length)).toBe('data: [DONE]\n\n')
    expect(text.length).toBeGreaterThan(16_000_000)
  })
})
