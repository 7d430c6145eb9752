import { describe, expect, it } from 'vitest'
import { startScripted } from '../support/scripted-server.ts'
import { eventsOf, startPair, startRelayed } from '../support/start-pair.ts'

const FORMATS = ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] as const

describe('speech', () => {
  it.each(FORMATS)('is the bytes and the content type of the backend: %s', async (format) => {
    const { client, direct } = await startPair()
    const request = { model: 'sim-tts', voice: 'alloy', input: 'Read this aloud, please. '.repeat(20), response_format: format }
    const expected = await direct.audio.speech.create(request)
    const got = await client.audio.speech.create(request)
    expect(got.headers.get('content-type')).toBe(expected.headers.get('content-type'))
    const bytes = Buffer.from(await got.arrayBuffer())
    expect(bytes.length).toBeGreaterThan(10_000)
    expect(bytes.equals(Buffer.from(await expected.arrayBuffer()))).toBe(true)
  })

  it.each([
    ['audio/x-made-up; rate=8000', 'audio/x-made-up; rate=8000'],
    [undefined, 'application/octet-stream'],
  ])('keeps the label %s', async (label, expected) => {
    const backend = await startScripted((_, response) => {
      response.writeHead(200, label === undefined ? {} : { 'content-type': label })
      response.end('sound')
    })
    const { client } = await startRelayed({
      backends: [{ id: 'tts', type: 'openai-compatible', url: backend.url, models: ['m'], health: { enabled: false } }],
    })
    const got = await client.audio.speech.create({ model: 'm', voice: 'alloy', input: 'x' })
    expect([got.headers.get('content-type'), await got.text()]).toEqual([expected, 'sound'])
  })

  it('reaches the client while the backend still speaks', async () => {
    const { promise: heard, resolve: hear } = Promise.withResolvers<undefined>()
    const backend = await startScripted(async (_, response) => {
      response.writeHead(200, { 'content-type': 'audio/wav' })
      response.write('first')
      await heard
      response.end('last')
    })
    const { client } = await startRelayed({
      backends: [{ id: 'tts', type: 'openai-compatible', url: backend.url, models: ['m'], health: { enabled: false } }],
    })
    const got = await client.audio.speech.create({ model: 'm', voice: 'alloy', input: 'x' })
    const reader = got.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first')
    hear(undefined)
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('last')
    expect(await reader?.read()).toMatchObject({ done: true })
  })

  it('as events is the events of the backend', async () => {
    const { simulator, post } = await startPair()
    const body = JSON.stringify({ model: 'sim-tts', voice: 'alloy', input: 'Read this aloud', stream_format: 'sse' })
    const direct = await fetch(`${simulator.url}/v1/audio/speech`, { method: 'POST', body })
    const relayed = await post('/v1/audio/speech', body)
    expect(relayed.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const events = eventsOf(await relayed.text())
    expect(events).toEqual(eventsOf(await direct.text()))
    expect(events.at(-1)).toContain('speech.audio.done')
  })

  it('that breaks off is never shown as complete', async () => {
    const { simulator, post, gateway } = await startPair()
    simulator.setFault('sim-tts', { name: 'fin-mid-stream', at: 4_096 })
    const body = JSON.stringify({ model: 'sim-tts', voice: 'alloy', input: 'Read this aloud. '.repeat(40) })
    const response = await post('/v1/audio/speech', body)
    await expect(response.arrayBuffer()).rejects.toThrow()
    await gateway.settled(1)
    expect(gateway.records[0]?.code).toBe('upstream_error')
  })
})
