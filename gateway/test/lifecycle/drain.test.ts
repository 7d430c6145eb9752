import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import type { ConfigInput } from '@jairouter/contract/config'
import { ask, chat, openStream } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { startHeld, type HeldBackend } from '../support/held-streams.ts'
import { serveFile, type Served } from '../support/run-cli.ts'
import { eventsOf, startSimulatorForTest } from '../support/start-pair.ts'
import { countOf } from '../support/start-fleet.ts'

/** Longer than any test takes: what ends earlier has not waited for it. */
const NEVER = '10m'

function config(backend: HeldBackend, drain: { accept: string; grace: string }): ConfigInput {
  return {
    server: { drain },
    backends: [{ id: 'a', type: 'openai-compatible', url: backend.url, models: ['held'], health: { interval: '1h' } }],
  }
}

function refused({ url }: Served): Promise<void> {
  return eventually(async () => {
    const outcome = await ask(`${url}/health/live`).then(
      ({ status }) => String(status),
      (error: unknown) => String(error),
    )
    expect(outcome).toContain('ECONNREFUSED')
  })
}

describe('SIGTERM', () => {
  it('makes readiness 503 at once, while liveness stays and requests are still taken', async () => {
    const held = await startHeld()
    const served = await serveFile(config(held, { accept: NEVER, grace: NEVER }))
    expect((await ask(`${served.url}/health/ready`)).status).toBe(200)
    served.kill('SIGTERM')
    await eventually(async () => {
      const { status, text } = await ask(`${served.url}/health/ready`)
      expect({ status, body: JSON.parse(text) }).toMatchObject({ status: 503, body: { reason: 'stopping' } })
    })
    expect((await ask(`${served.url}/health/live`)).status).toBe(200)
    const stream = await openStream(served.url, { model: 'held' })
    expect(stream).toMatchObject({ status: 200, headers: { connection: 'close' } })
    held.finish()
    expect(eventsOf(await stream.text).at(-1)).toBe('[DONE]')
    const answers = await Promise.all([ask(`${served.url}/v1/models`), ask(`${served.url}/health/ready`)])
    expect(answers.map(({ headers }) => headers.connection)).toEqual(['close', 'close'])
  })

  it('lets what is in flight finish, takes nothing new after that time, and ends with 0', async () => {
    const held = await startHeld()
    const served = await serveFile(config(held, { accept: '100ms', grace: NEVER }))
    const streams = await Promise.all(Array.from({ length: 20 }, () => openStream(served.url, { model: 'held' })))
    const plain = chat(served.url, { model: 'held' })
    await held.waitForAsked(21)
    served.kill('SIGTERM')
    await refused(served)
    held.finish()
    const texts = await Promise.all(streams.map(({ text }) => text))
    expect(countOf(texts.map((text) => String(eventsOf(text).at(-1))))).toEqual({ '[DONE]': 20 })
    expect((await plain).status).toBe(200)
    expect(await served.exited()).toBe(0)
  })

  it('SIGINT does the same', async () => {
    const held = await startHeld()
    const served = await serveFile(config(held, { accept: '0ms', grace: NEVER }))
    const stream = await openStream(served.url, { model: 'held' })
    served.kill('SIGINT')
    await refused(served)
    held.finish()
    expect(eventsOf(await stream.text).at(-1)).toBe('[DONE]')
    expect(await served.exited()).toBe(0)
  })

  it('ends at once where nothing is in flight, also with idle connections open', async () => {
    const held = await startHeld()
    const served = await serveFile(config(held, { accept: '0ms', grace: NEVER }))
    const idle = await fetch(`${served.url}/health/live`)
    expect(await idle.json()).toEqual({ status: 'ok' })
    served.kill('SIGTERM')
    expect(await served.exited()).toBe(0)
  })

  it('loses nothing under load, as long as clients heed readiness (L1)', async () => {
    const simulator = await startSimulatorForTest({ tokens: 12, tokensPerSecond: 100 })
    const served = await serveFile({
      server: { drain: { accept: '3s', grace: '30s' } },
      backends: [{ id: 'a', type: 'openai-compatible', url: simulator.url, models: ['sim-chat'], health: { interval: '1h' } }],
    })
    const balancer = { sends: true }
    const outcomes: string[] = []
    const client = async (stream: boolean) => {
      while (balancer.sends) {
        const answer = await chat(served.url, { stream })
        const whole = stream ? eventsOf(answer.text).at(-1) === '[DONE]' : answer.text.includes('"usage"')
        outcomes.push(`${answer.status} ${whole ? 'whole' : answer.text}`)
      }
    }
    const clients = Array.from({ length: 20 }, (_, index) => client(index % 2 === 0))
    await simulator.waitFor(({ seen }) => seen.length > 60)
    served.kill('SIGTERM')
    await eventually(async () => expect((await ask(`${served.url}/health/ready`)).status).toBe(503))
    balancer.sends = false
    await Promise.all(clients)
    expect(countOf(outcomes)).toEqual({ '200 whole': outcomes.length })
    expect(await served.exited()).toBe(0)
  })
})

describe('when the grace is over (L2)', () => {
  it('a stream ends with an error event and without [DONE], and the process with 0', async () => {
    const held = await startHeld()
    const served = await serveFile(config(held, { accept: '0ms', grace: '200ms' }))
    const stream = await openStream(served.url, { model: 'held' })
    served.kill('SIGTERM')
    const events = eventsOf(await stream.text)
    expect(events).not.toContain('[DONE]')
    expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({ error: { code: 'server_shutdown', type: expect.any(String), param: null } })
    expect(await served.exited()).toBe(0)
  })

  it('a request without an answer gets 503', async () => {
    const held = await startHeld()
    const served = await serveFile(config(held, { accept: '0ms', grace: '200ms' }))
    const plain = chat(served.url, { model: 'held' })
    await held.waitForAsked(1)
    served.kill('SIGTERM')
    expect(await plain).toMatchObject({ status: 503, code: 'server_shutdown' })
    expect(await served.exited()).toBe(0)
  })

  it('the backend is let go of', async () => {
    const held = await startHeld()
    const served = await serveFile(config(held, { accept: '0ms', grace: '200ms' }))
    const stream = await openStream(served.url, { model: 'held' })
    served.kill('SIGTERM')
    await stream.text
    await held.requests.find(({ method }) => method === 'POST')?.aborted
    expect(await served.exited()).toBe(0)
  })
})

describe('a second signal', () => {
  it.each([
    ['while connections are still taken', NEVER],
    ['while requests are finished', '0ms'],
  ])('ends it within 5 s: %s', async (_, accept) => {
    const held = await startHeld()
    const served = await serveFile(config(held, { accept, grace: NEVER }))
    const stream = await openStream(served.url, { model: 'held' })
    served.kill('SIGTERM')
    if (accept === NEVER) await eventually(async () => expect((await ask(`${served.url}/health/ready`)).status).toBe(503))
    else await refused(served)
    const signalledAt = performance.now()
    served.kill('SIGTERM')
    const events = eventsOf(await stream.text)
    expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({ error: { code: 'server_shutdown' } })
    expect(await served.exited()).toBe(0)
    expect(performance.now() - signalledAt).toBeLessThan(5_000)
  })
})
