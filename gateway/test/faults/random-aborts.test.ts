import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/simulator/faults/fault.ts'
import { eventually } from '../support/eventually.ts'
import { formOf, noise } from '../support/multipart.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { QUIET, inParallel, startFleet } from '../support/start-fleet.ts'
import { startPair, startRelayed, startSimulatorForTest } from '../support/start-pair.ts'

const messages = [{ role: 'user', content: 'x' }]
const COUNT = 1_000
const WIDTH = 40
/** Requests leave within this; an undisturbed one takes about as long. */
const LATEST_MS = 30

const form = formOf([['model', 'sim-stt'], { name: 'file', filename: 'a.wav', bytes: noise(120_000) }])
const asJson = (path: string, body: object): Buffer => {
  const bytes = Buffer.from(JSON.stringify(body))
  return Buffer.concat([
    Buffer.from(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`),
    bytes,
  ])
}
const REQUESTS: readonly Buffer[] = [
  asJson('/v1/chat/completions', { model: 'sim-chat', messages }),
  asJson('/v1/chat/completions', { model: 'sim-chat', messages, stream: true }),
  asJson('/v1/embeddings', { model: 'sim-embedding', input: 'x' }),
  asJson('/v1/audio/speech', { model: 'sim-tts', voice: 'a', input: 'Read this aloud. '.repeat(20) }),
  Buffer.concat([
    Buffer.from(
      `POST /v1/audio/transcriptions HTTP/1.1\r\nhost: x\r\ncontent-type: ${form.contentType}\r\ncontent-length: ${form.body.length}\r\n\r\n`,
    ),
    form.body,
  ]),
]
/** So that some leave before the head, some in the middle, some during the second attempt. */
const FAULTS: readonly (Fault | undefined)[] = [
  undefined,
  { name: 'slow', after: 10 },
  { name: 'slow-events', after: 2 },
  { name: 'hang' },
  { name: 'stall', at: 3 },
  { name: 'status', status: 500 },
]

/** The same sequence in every run: where it fails, it fails again. */
function createDice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

/** Sends some of a request, waits, and goes. */
async function sendAndLeave(port: number, bytes: Buffer, waitMs: number): Promise<void> {
  const socket: Socket = connect(port, '127.0.0.1')
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => {})
  socket.resume()
  socket.write(bytes)
  await Promise.race([closed, delay(waitMs)])
  socket.destroy()
  await closed
}

describe(`${COUNT} requests whose clients leave at random moments`, () => {
  it('leave every counter at 0 and nobody unwell', async () => {
    const fleet = await startFleet({ one: { backend: { health: { ...QUIET, unhealthyAfter: 1 } } }, two: {} })
    const port = Number(new URL(fleet.url).port)
    const dice = createDice(7)
    const backends = Object.values(fleet.simulators)
    await inParallel(COUNT, WIDTH, async (index) => {
      const backend = backends[index % backends.length]
      backend?.setFault('*', FAULTS[dice(FAULTS.length)])
      const request = REQUESTS[dice(REQUESTS.length)] ?? Buffer.alloc(0)
      // One in four does not even send all of it.
      const sent = dice(4) === 0 ? request.subarray(0, dice(request.length)) : request
      await sendAndLeave(port, sent, dice(LATEST_MS))
    })
    await eventually(() => {
      expect(fleet.gateway.openLeases()).toBe(0)
      expect(backends.map((backend) => backend.inFlight())).toEqual([0, 0])
    })
    await eventually(async () => {
      const metrics = await readMetrics(fleet.url)
      expect(metrics.series('jairouter_requests_in_flight')).toEqual({ '': 0 })
      expect(metrics.series('jairouter_upstream_in_flight')).toEqual({ one: 0, two: 0 })
      expect(metrics.series('jairouter_backend_up')).toEqual({ one: 1, two: 1 })
    })
    const statuses = new Set(fleet.records.map(({ status }) => status))
    // 502 where both backends had a fault of their own; 400 where a body was cut short in a way that could still be read.
    expect([...statuses].filter((status) => ![200, 499, 502].includes(status))).toEqual([])
    expect(fleet.records.filter(({ status }) => status === 499).length).toBeGreaterThan(COUNT / 10)
    for (const backend of backends) backend.setFault('*', undefined)
    expect((await fleet.chat()).status).toBe(200)
  })
})

describe('a client that leaves', () => {
  it.each([
    { when: 'before an answer', fault: { name: 'hang' } satisfies Fault, stream: false },
    { when: 'before a stream', fault: { name: 'hang' } satisfies Fault, stream: true },
    { when: 'within a stream', fault: { name: 'stall', at: 3 } satisfies Fault, stream: true },
  ])('says nothing of the backend’s health: $when', async ({ fault, stream }) => {
    const { gateway, simulator, post } = await startPair({ backend: { health: { ...QUIET, unhealthyAfter: 1 } } })
    simulator.setFault('sim-chat', fault)
    for (let left = 1; left <= 3; left += 1) {
      const leaving = new AbortController()
      const answer = fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'sim-chat', messages, stream }),
        signal: leaving.signal,
      }).then((response) => response.text())
      const gone = expect(answer).rejects.toThrow('aborted')
      await simulator.waitFor(({ seen }) => seen.filter(({ model }) => model !== undefined).length === left)
      leaving.abort()
      await Promise.all([gone, gateway.settled(left)])
      await simulator.waitFor(({ seen }) => seen.filter(({ abortedAt }) => abortedAt !== undefined).length === left)
    }
    expect(gateway.records.map(({ status, code }) => [status, code])).toEqual(Array.from({ length: 3 }, () => [499, 'client_closed']))
    expect((await readMetrics(gateway.url)).series('jairouter_backend_up')).toEqual({ sim: 1 })
    simulator.setFault('sim-chat', undefined)
    expect((await post('/v1/chat/completions', JSON.stringify({ model: 'sim-chat', messages }))).status).toBe(200)
  })

  it('is gone for good: its request is sent to nobody else, and not a second time', async () => {
    const [first, second] = [await startSimulatorForTest(), await startSimulatorForTest()]
    const common = { type: 'openai-compatible', models: ['sim-chat'], health: { enabled: false } }
    const { gateway } = await startRelayed({
      defaults: { retry: { attempts: 5 } },
      backends: [
        { ...common, id: 'first', url: first.url, priority: 1 },
        { ...common, id: 'second', url: second.url, priority: 2 },
      ],
    })
    first.setFault('*', { name: 'hang' })
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    socket.write(REQUESTS[1] ?? '')
    await first.waitFor(({ seen }) => seen.some(({ model }) => model !== undefined))
    socket.resetAndDestroy()
    await gateway.settled(1)
    expect(gateway.records).toMatchObject([{ status: 499, attempts: [{ backend: 'first', outcome: 'client_closed' }] }])
    expect([first.seen.length, second.seen.length]).toEqual([1, 0])
  })
})
