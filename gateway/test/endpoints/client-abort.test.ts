import { connect } from 'node:net'
import type OpenAI from 'openai'
import { toFile } from 'openai'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/simulator/faults/fault.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { formOf, noise } from '../support/multipart.ts'
import type { TestGateway } from '../support/start-gateway.ts'
import { startPair, startRelayed, startSimulatorForTest } from '../support/start-pair.ts'

type Options = { readonly signal: AbortSignal }
const messages = [{ role: 'user' as const, content: 'x' }]
const sound = () => toFile(noise(5_000), 'a.wav')
const picture = () => toFile(noise(5_000), 'a.png', { type: 'image/png' })

const CALLS: Readonly<Record<string, (client: OpenAI, options: Options) => Promise<unknown>>> = {
  chat: async (client, options) => client.chat.completions.create({ model: 'sim-chat', messages }, options),
  'chat streamed': async (client, options) => client.chat.completions.create({ model: 'sim-chat', messages, stream: true }, options),
  completion: async (client, options) => client.completions.create({ model: 'sim-chat', prompt: 'x' }, options),
  embedding: async (client, options) => client.embeddings.create({ model: 'sim-embedding', input: 'x' }, options),
  rerank: async (client, options) => client.post('/rerank', { body: { model: 'sim-rerank', query: 'x', documents: ['a'] }, ...options }),
  speech: async (client, options) => client.audio.speech.create({ model: 'sim-tts', voice: 'a', input: 'x' }, options),
  transcription: async (client, options) => client.audio.transcriptions.create({ model: 'sim-stt', file: await sound() }, options),
  translation: async (client, options) => client.audio.translations.create({ model: 'sim-stt', file: await sound() }, options),
  'image generation': async (client, options) => client.images.generate({ model: 'sim-image', prompt: 'x' }, options),
  'image edit': async (client, options) => client.images.edit({ model: 'sim-image', prompt: 'x', image: await picture() }, options),
  'image variation': async (client, options) => client.images.createVariation({ model: 'sim-image', image: await picture() }, options),
  moderation: async (client, options) => client.moderations.create({ model: 'sim-moderation', input: 'x' }, options),
}
const calls = Object.entries(CALLS).map(([name, call]) => ({ name, call }))

/** The backend has the whole request and knows for which model it is. */
const asked = (simulator: Simulator) => simulator.waitFor(({ seen }) => seen.some(({ model }) => model !== undefined))
const aborted = (simulator: Simulator) => simulator.waitFor(({ seen }) => seen.some(({ abortedAt }) => abortedAt !== undefined))

async function expectSettled(gateway: TestGateway): Promise<void> {
  await gateway.settled(1)
  expect(gateway.records).toMatchObject([{ status: 499, code: 'client_closed', attempts: [{ outcome: 'client_closed' }] }])
  expect(gateway.gateway.openLeases()).toBe(0)
}

describe('a client that leaves before the backend has answered', () => {
  it.each(calls)('takes its request back: $name', async ({ call }) => {
    const { client, simulator, gateway } = await startPair()
    simulator.setFault('*', { name: 'hang' })
    const leaving = new AbortController()
    const answer = expect(call(client, { signal: leaving.signal })).rejects.toThrow('aborted')
    await asked(simulator)
    expect(gateway.gateway.openLeases()).toBe(1)
    leaving.abort()
    await Promise.all([answer, aborted(simulator), gateway.settled(1)])
    await expectSettled(gateway)
    expect(simulator.inFlight()).toBe(0)
  })
})

describe('a client that leaves while a whole answer is under way', () => {
  it.each(calls.filter(({ name }) => name !== 'chat streamed' && name !== 'speech'))('takes its request back: $name', async ({ call }) => {
    const { client, simulator, gateway } = await startPair()
    simulator.setFault('*', { name: 'stall', at: 10 })
    const leaving = new AbortController()
    const answer = expect(call(client, { signal: leaving.signal })).rejects.toThrow('aborted')
    await asked(simulator)
    leaving.abort()
    await Promise.all([answer, aborted(simulator)])
    await expectSettled(gateway)
  })
})

interface Streamed {
  readonly name: string
  readonly fault: Fault
  readonly path: string
  readonly body: object
}
const STREAMED: readonly Streamed[] = [
  { name: 'chat', fault: { name: 'stall', at: 3 }, path: '/v1/chat/completions', body: { model: 'sim-chat', messages, stream: true } },
  { name: 'completion', fault: { name: 'stall', at: 3 }, path: '/v1/completions', body: { model: 'sim-chat', prompt: 'x', stream: true } },
  {
    name: 'comments',
    fault: { name: 'stall-with-comments', at: 3, after: 5 },
    path: '/v1/chat/completions',
    body: { model: 'sim-chat', messages, stream: true },
  },
  {
    name: 'speech',
    fault: { name: 'stall', at: 4_096 },
    path: '/v1/audio/speech',
    body: { model: 'sim-tts', voice: 'a', input: 'Read this aloud. '.repeat(10) },
  },
  {
    name: 'speech as events',
    fault: { name: 'stall', at: 1 },
    path: '/v1/audio/speech',
    body: { model: 'sim-tts', voice: 'a', input: 'x', stream_format: 'sse' },
  },
  {
    name: 'image',
    fault: { name: 'stall', at: 1 },
    path: '/v1/images/generations',
    body: { model: 'sim-image', prompt: 'x', stream: true, partial_images: 2 },
  },
]

describe('a client that leaves in the middle of a stream', () => {
  it.each(STREAMED)('takes its request back: $name', async ({ fault, path, body }) => {
    const { gateway, simulator } = await startPair()
    simulator.setFault('*', fault)
    const leaving = new AbortController()
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: leaving.signal,
    })
    const reader = response.body?.getReader()
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0)
    expect(gateway.gateway.openLeases()).toBe(1)
    leaving.abort()
    await aborted(simulator)
    await expectSettled(gateway)
  })

  it('takes its request back: the SDK, by leaving the loop', async () => {
    const { client, gateway, simulator } = await startPair()
    simulator.setFault('*', { name: 'stall', at: 3 })
    for await (const chunk of await client.chat.completions.create({ model: 'sim-chat', messages, stream: true })) {
      expect(chunk.choices).toHaveLength(1)
      break
    }
    await aborted(simulator)
    await expectSettled(gateway)
  })

  it('takes its request back though the backend sends without end and the client does not read', async () => {
    const { gateway, simulator } = await startPair()
    simulator.setFault('*', { name: 'endless-stream', bytes: 500_000_000 })
    const body = JSON.stringify({ model: 'sim-chat', messages, stream: true })
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    await new Promise<void>((resolve) => socket.once('data', () => resolve()))
    socket.pause()
    socket.destroy()
    await aborted(simulator)
    await expectSettled(gateway)
  })
})

describe('a client that leaves in the middle of its upload', () => {
  it.each(['first', 'last'])('takes its request back: model %s', async (place) => {
    const { gateway, simulator } = await startPair()
    const file = { name: 'file', filename: 'a.wav', bytes: noise(200_000) }
    const model = ['model', 'sim-stt'] as const
    const form = formOf(place === 'first' ? [model, file] : [file, model])
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    const head = `POST /v1/audio/transcriptions HTTP/1.1\r\nhost: x\r\ncontent-type: ${form.contentType}\r\ncontent-length: ${form.body.length}\r\n\r\n`
    await new Promise<void>((resolve) => socket.write(Buffer.concat([Buffer.from(head), form.body.subarray(0, 100_000)]), () => resolve()))
    if (place === 'first') await simulator.waitFor(({ seen }) => seen.some(({ method }) => method === 'POST'))
    socket.destroy()
    if (place === 'first') await aborted(simulator)
    await gateway.settled(1)
    expect(gateway.records).toMatchObject([{ status: 499, code: 'client_closed' }])
    expect(simulator.seen.filter(({ method, finished }) => method === 'POST' && finished)).toEqual([])
  })
})

describe('a client that leaves during the second attempt', () => {
  it('takes that one back', async () => {
    const [first, second] = [await startSimulatorForTest(), await startSimulatorForTest()]
    const backend = { type: 'openai-compatible', models: ['sim-chat'], health: { enabled: false } }
    const { client, gateway } = await startRelayed({
      backends: [
        { ...backend, id: 'first', url: first.url, priority: 1 },
        { ...backend, id: 'second', url: second.url, priority: 2 },
      ],
    })
    first.setFault('*', { name: 'status', status: 500 })
    second.setFault('*', { name: 'hang' })
    const leaving = new AbortController()
    const answer = expect(client.chat.completions.create({ model: 'sim-chat', messages }, { signal: leaving.signal })).rejects.toThrow(
      'aborted',
    )
    await asked(second)
    leaving.abort()
    await Promise.all([answer, aborted(second)])
    await gateway.settled(1)
    expect(gateway.records).toMatchObject([{ status: 499, attempts: [{ outcome: 'status_500' }, { outcome: 'client_closed' }] }])
  })

  it('before it has been answered once, is not asked for elsewhere', async () => {
    const [first, second] = [await startSimulatorForTest(), await startSimulatorForTest()]
    const backend = { type: 'openai-compatible', models: ['sim-chat'], health: { enabled: false } }
    const { client, gateway } = await startRelayed({
      backends: [
        { ...backend, id: 'first', url: first.url, priority: 1 },
        { ...backend, id: 'second', url: second.url, priority: 2 },
      ],
    })
    first.setFault('*', { name: 'hang' })
    const leaving = new AbortController()
    const answer = expect(client.chat.completions.create({ model: 'sim-chat', messages }, { signal: leaving.signal })).rejects.toThrow(
      'aborted',
    )
    await asked(first)
    leaving.abort()
    await Promise.all([answer, aborted(first), gateway.settled(1)])
    await expectSettled(gateway)
    expect(second.seen).toEqual([])
  })
})
