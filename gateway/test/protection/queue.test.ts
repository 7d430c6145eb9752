import { describe, expect, it } from 'vitest'
import { readMetrics } from '../support/read-metrics.ts'
import { ask, messages, openStream, type Asked } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { DeadlineClock } from '../../src/relay/deadline-clock.ts'
import { WaitingRoom } from '../../src/relay/waiting-room.ts'
import { countOf, inParallel, LIVELY, mostAtOnce, startFleet, type Fleet, type FleetConfig } from '../support/start-fleet.ts'

/** One place, held by whoever asks with the fault's model. */
const ONE_PLACE = { only: { backend: { models: ['sim-chat'], maxConcurrency: 1 } } }

/** Takes the only place, and gives it back when told. */
async function occupy(fleet: Fleet): Promise<() => void> {
  const held = await openStream(fleet.url, { messages }, { headers: { 'x-simulator-fault': 'stall' } })
  return held.leave
}

async function waiting(fleet: Fleet, count: number): Promise<void> {
  await eventually(async () => {
    const { samples } = await readMetrics(fleet.url)
    expect(samples.filter(({ name }) => name === 'jairouter_queue_length').map(({ value }) => value)).toEqual([count])
  })
}

async function withQueue(queue: { size?: number; timeout?: string }, more: FleetConfig = {}): Promise<Fleet> {
  return startFleet(ONE_PLACE, { ...more, defaults: { queue, ...more.defaults } })
}

describe('while all instances are at maxConcurrency', () => {
  it('requests wait for room, and all are answered, never more at a time than allowed', async () => {
    const fleet = await startFleet({ a: { backend: { models: ['sim-chat'], maxConcurrency: 2 }, simulator: { latencyMs: 2 } } })
    const answers = await inParallel(60, 60, () => fleet.chat())
    expect(countOf(answers.map(({ status }) => String(status)))).toEqual({ '200': 60 })
    expect(mostAtOnce(fleet, 'a')).toBeLessThanOrEqual(2)
    expect(fleet.records.filter(({ queuedMs }) => queuedMs !== undefined).length).toBeGreaterThanOrEqual(50)
  })

  it('a full queue is 429 queue_full with Retry-After, at once', async () => {
    const fleet = await withQueue({ size: 1 })
    const leave = await occupy(fleet)
    const first = fleet.chat()
    await waiting(fleet, 1)
    const second = await fleet.chat()
    expect(second).toMatchObject({ status: 429, code: 'queue_full' })
    expect(Number(second.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    leave()
    expect((await first).status).toBe(200)
  })

  it('who waits too long gets 503, and nothing was sent for it', async () => {
    const fleet = await withQueue({ timeout: '60ms' })
    const leave = await occupy(fleet)
    expect(await fleet.chat()).toMatchObject({ status: 503, code: 'overloaded' })
    expect(fleet.posts('only')).toHaveLength(1)
    leave()
  })

  it('a client that leaves gives up its place', async () => {
    const fleet = await withQueue({})
    const leave = await occupy(fleet)
    const gone = new AbortController()
    const body = JSON.stringify({ model: 'sim-chat', messages })
    const left = fetch(`${fleet.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: gone.signal,
    })
    await waiting(fleet, 1)
    gone.abort()
    await expect(left).rejects.toThrow()
    await waiting(fleet, 0)
    leave()
    await fleet.settled(2)
    expect(fleet.posts('only')).toHaveLength(1)
  })

  it('nobody waits where the queue has no size', async () => {
    const fleet = await withQueue({ size: 0 })
    const leave = await occupy(fleet)
    expect(await fleet.chat()).toMatchObject({ status: 503, code: 'overloaded' })
    leave()
  })

  it('a model that can be fallen back to answers for a full queue', async () => {
    const fleet = await startFleet(
      { only: { backend: { models: [{ name: 'sim-chat', as: 'big' }], maxConcurrency: 1 } }, spare: { backend: { models: ['sim-chat'] } } },
      {
        defaults: { queue: { size: 0 } },
        models: [{ name: 'big', targets: [{ backend: 'only', model: 'sim-chat' }], fallback: [{ model: 'sim-chat' }] }],
      },
    )
    const held = await openStream(fleet.url, { model: 'big' }, { headers: { 'x-simulator-fault': 'stall' } })
    expect(await fleet.chat({ model: 'big' })).toMatchObject({ status: 200, backend: 'spare' })
    held.leave()
  })

  it('a config with more room lets in who waits', async () => {
    const fleet = await withQueue({})
    const leave = await occupy(fleet)
    const answer = fleet.chat()
    await waiting(fleet, 1)
    const [backend] = fleet.config.backends
    if (backend !== undefined) fleet.apply({ ...fleet.config, backends: [{ ...backend, maxConcurrency: 2 }] })
    // The config that the request began with says one place; the place becomes free when the other leaves.
    leave()
    expect((await answer).status).toBe(200)
  })
})

const KEYS = {
  auth: {
    keys: [
      { name: 'hog', key: 'key-of-hog' },
      { name: 'guest', key: 'key-of-guest' },
      { name: 'batch', key: 'key-of-batch', priority: 'batch' as const },
      { name: 'people', key: 'key-of-people', priority: 'interactive' as const },
    ],
  },
}

function askAs(fleet: Fleet, name: string, headers: Record<string, string> = {}): Promise<Asked> {
  return ask(`${fleet.url}/v1/chat/completions`, {
    body: { model: 'sim-chat', messages, user: name },
    headers: { authorization: `Bearer key-of-${name}`, ...headers },
  })
}

/** Whose turn it was, in order. */
function served(fleet: Fleet): (string | undefined)[] {
  return fleet.records.slice(1).map(({ principal }) => principal)
}

async function occupyAs(fleet: Fleet, name: string): Promise<() => void> {
  const headers = { authorization: `Bearer key-of-${name}`, 'x-simulator-fault': 'stall' }
  return (await openStream(fleet.url, { messages }, { headers })).leave
}

it('one key’s backlog does not keep another waiting', async () => {
  const fleet = await withQueue({}, KEYS)
  const leave = await occupyAs(fleet, 'hog')
  const all = Array.from({ length: 10 }, () => askAs(fleet, 'hog'))
  await waiting(fleet, 10)
  all.push(askAs(fleet, 'guest'))
  await waiting(fleet, 11)
  leave()
  await Promise.all(all)
  expect(served(fleet).indexOf('guest')).toBeLessThanOrEqual(1)
})

it('higher priorities go first; a request may lower its own, and not raise it', async () => {
  const fleet = await withQueue({}, KEYS)
  const leave = await occupyAs(fleet, 'hog')
  const all = []
  const order: [name: string, headers?: Record<string, string>][] = [
    ['batch', { 'x-jairouter-priority': 'system' }],
    ['people', { 'x-jairouter-priority': 'batch' }],
    ['guest'],
    ['people'],
  ]
  for (const [index, [name, headers]] of order.entries()) {
    all.push(askAs(fleet, name, headers))
    await waiting(fleet, index + 1)
  }
  leave()
  await Promise.all(all)
  expect(served(fleet)).toEqual(['people', 'guest', 'batch', 'people'])
  expect(await askAs(fleet, 'guest', { 'x-jairouter-priority': 'urgent' })).toMatchObject({ status: 400 })
})

it('a stream that waits is told its place, and gets its answer behind the comments', async () => {
  const fleet = await startFleet(ONE_PLACE, { server: { heartbeat: '20ms' } })
  const leave = await occupy(fleet)
  const stream = await openStream(fleet.url)
  expect(stream.status).toBe(200)
  leave()
  const text = await stream.text
  expect(text).toMatch(/^: queued, position 1\n\n/)
  expect(text).toMatch(/data: \[DONE\]\n\n$/)
  expect(fleet.records.at(-1)).toMatchObject({ status: 200, stream: true })
})

describe('who waits', () => {
  const BOUNDED = { full: { backend: { models: ['sim-chat'], maxConcurrency: 1, health: LIVELY } } }

  it('is told at once when there is nothing to wait for any more', async () => {
    const fleet = await startFleet(BOUNDED)
    const leave = await occupy(fleet)
    const answer = fleet.chat()
    await waiting(fleet, 1)
    await fleet.simulator('full').setDown(true)
    expect(await answer).toMatchObject({ status: 503, code: 'no_healthy_instance' })
    expect(fleet.records.find(({ code }) => code === 'no_healthy_instance')?.queuedMs).toBeLessThan(15_000)
    leave()
  })

  it('keeps nobody else from an instance that has room', async () => {
    const fleet = await startFleet({
      full: { backend: { models: ['sim-chat'], maxConcurrency: 1 } },
      free: { backend: { models: ['sim-chat'], priority: 2 } },
    })
    const leave = await occupy(fleet)
    // Fails at the free one, and then waits for the other.
    const stuck = fleet.chat({}, { headers: { 'x-simulator-fault': 'status:status=500' } })
    await waiting(fleet, 1)
    for (let index = 0; index < 5; index += 1) expect(await fleet.chat()).toMatchObject({ status: 200, backend: 'free' })
    expect(fleet.records.slice(-5).map(({ queuedMs = 0 }) => queuedMs < 40)).toEqual([true, true, true, true, true])
    leave()
    await stuck
  })
})

it('an empty queue takes whoever comes, however slow it was before', () => {
  let now = 0
  const room = new WaitingRoom({ size: 10, timeoutMs: 1_000 }, { now: () => now, clock: new DeadlineClock(() => now) })
  const gone = new AbortController()
  const arrival = () => ({
    band: 'default' as const,
    flow: 'a',
    bytes: 1,
    queuedAt: now,
    states: [],
    tried: new Set<never>(),
    signal: gone.signal,
  })
  const turns: unknown[] = []
  for (let index = 0; index < 10; index += 1) {
    void room.wait(arrival(), () => {}).then((turn) => turns.push(turn))
    now += 900
    // Nobody is there to be asked: they are let out to find that.
    room.reached()
  }
  void room.wait(arrival(), () => {}).then((turn) => turns.push(turn))
  expect(room.size).toBe(1)
  gone.abort()
  expect(room.size).toBe(0)
})
