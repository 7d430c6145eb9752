import type OpenAI from 'openai'
import { toFile } from 'openai'
import { describe, expect, it } from 'vitest'
import { parseMultipart } from '../../src/simulator/multipart.ts'
import { answerJson, startScripted } from '../support/scripted-server.ts'
import { noise } from '../support/multipart.ts'
import { collect, startPair, startRelayed } from '../support/start-pair.ts'

const audio = noise(10_000)
const file = () => toFile(audio, 'müsic.wav', { type: 'audio/wav' })
const TASKS = ['transcriptions', 'translations'] as const

const request = async () => ({ model: 'sim-stt', file: await file() })
const AS_JSON: Readonly<Record<string, (client: OpenAI) => Promise<unknown>>> = {
  'a transcription': async ({ audio: api }) => api.transcriptions.create(await request()),
  'a transcription as json': async ({ audio: api }) => api.transcriptions.create({ ...(await request()), response_format: 'json' }),
  'a transcription as verbose_json': async ({ audio: api }) =>
    api.transcriptions.create({
      ...(await request()),
      response_format: 'verbose_json',
      language: 'de',
      temperature: 0.5,
      timestamp_granularities: ['word', 'segment'],
    }),
  'a translation': async ({ audio: api }) => api.translations.create(await request()),
  'a translation as verbose_json': async ({ audio: api }) =>
    api.translations.create({ ...(await request()), response_format: 'verbose_json' }),
}

describe('audio', () => {
  it.each(Object.entries(AS_JSON).map(([name, call]) => ({ name, call })))('$name is what the backend gives', async ({ call }) => {
    const { client, direct, posts } = await startPair()
    const expected = await call(direct)
    expect(await call(client)).toEqual(expected)
    expect(expected).toMatchObject({ text: expect.any(String), file: { bytes: audio.length, type: 'audio/wav', name: 'müsic.wav' } })
    const [own, relayed] = posts().map(({ headers, body }) => parseMultipart(String(headers['content-type']), body))
    expect(relayed).toEqual(own)
  })
})

describe.each(TASKS)('audio %s', (task) => {
  it.each(['text', 'srt', 'vtt'] as const)('as %s is a string, whatever the backend calls it', async (format) => {
    const { client, direct, simulator } = await startPair()
    const wanted = async () => ({ ...(await request()), response_format: format })
    const expected: unknown = await direct.audio[task].create(await wanted())
    expect(await client.audio[task].create(await wanted())).toBe(expected)
    simulator.setFault('sim-stt', { name: 'transcription-as-json' })
    const { data, response } = await client.audio[task].create(await wanted()).withResponse()
    expect(data).toBe(expected)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  })

  it.each(['text', 'srt', 'vtt'] as const)('as %s is a string also where the backend wraps it in JSON', async (format) => {
    const backend = await startScripted((_, response) => answerJson(response, { text: 'Grüße "an" alle\n' }))
    const { client } = await startRelayed({
      backends: [{ id: 'stt', type: 'vllm', url: backend.url, models: ['m'], health: { enabled: false } }],
    })
    const got: unknown = await client.audio[task].create({ model: 'm', file: await file(), response_format: format })
    expect(got).toBe('Grüße "an" alle\n')
  })

  it('as text is no HTML page', async () => {
    const backend = await startScripted((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<html>Welcome</html>')
    })
    const { client } = await startRelayed({
      backends: [{ id: 'stt', type: 'openai', url: backend.url, models: ['m'], health: { enabled: false } }],
    })
    await expect(client.audio[task].create({ model: 'm', file: await file(), response_format: 'text' })).rejects.toMatchObject({
      status: 502,
      code: 'upstream_protocol_error',
    })
  })
})

describe('a streamed transcription', () => {
  it('is the events of the backend', async () => {
    const { client, direct } = await startPair()
    const expected = await collect(await direct.audio.transcriptions.create({ ...(await request()), stream: true }))
    const got = await collect(await client.audio.transcriptions.create({ ...(await request()), stream: true }))
    expect(got).toEqual(expected)
    expect(got.at(-1)).toMatchObject({ type: 'transcript.text.done' })
  })

  it('that ends before its proper end carries an error', async () => {
    const { client, simulator } = await startPair()
    simulator.setFault('sim-stt', { name: 'fin-mid-stream', at: 3 })
    const stream = await client.audio.transcriptions.create({ model: 'sim-stt', file: await file(), stream: true })
    await expect(collect(stream)).rejects.toMatchObject({ code: 'stream_interrupted' })
  })
})
