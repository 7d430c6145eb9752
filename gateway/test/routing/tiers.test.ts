import { describe, expect, it } from 'vitest'
import { ask, openStream } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { LIVELY, mostAtOnce, startFleet, type Fleet } from '../support/start-fleet.ts'

const stalled = { headers: { 'x-simulator-fault': 'stall:at=2' } }
const noSlowStart = { defaults: { slowStart: '0s' } } as const

async function backendsOf(fleet: Fleet, count: number): Promise<string[]> {
  const names: string[] = []
  for (let index = 0; index < count; index += 1) names.push((await fleet.chat()).backend)
  return names
}

describe('priorities', () => {
  it('use tier 1 alone while it can serve', async () => {
    const fleet = await startFleet({ spare: { backend: { priority: 2, weight: 100 } }, first: {} })
    expect(await backendsOf(fleet, 6)).toEqual(Array.from({ length: 6 }, () => 'first'))
    expect(fleet.posts('spare')).toEqual([])
  })

  it('use tier 2 while tier 1 is down, and go back after it', async () => {
    const fleet = await startFleet({ first: { backend: { health: LIVELY } }, spare: { backend: { priority: 2 } } }, noSlowStart)
    await fleet.simulator('first').setDown(true)
    expect(await backendsOf(fleet, 4)).toEqual(['spare', 'spare', 'spare', 'spare'])
    await fleet.simulator('first').setDown(false)
    await eventually(async () => expect((await fleet.chat()).backend).toBe('first'))
    expect(await backendsOf(fleet, 4)).toEqual(['first', 'first', 'first', 'first'])
  })

  it('use tier 2 while tier 1 is full, and go back after it', async () => {
    const fleet = await startFleet({ first: { backend: { maxConcurrency: 1 } }, spare: { backend: { priority: 2 } } })
    const stream = await openStream(fleet.url, {}, stalled)
    expect(stream.backend).toBe('first')
    expect(await backendsOf(fleet, 3)).toEqual(['spare', 'spare', 'spare'])
    stream.leave()
    await fleet.settled(4)
    expect(await backendsOf(fleet, 3)).toEqual(['first', 'first', 'first'])
  })

  it('ask tier 2 for the request that tier 1 has failed', async () => {
    const fleet = await startFleet({ first: {}, spare: { backend: { priority: 2 } } })
    fleet.simulator('first').setFault('sim-chat', { name: 'status', status: 500, times: 1 })
    expect(await fleet.chat()).toMatchObject({ status: 200, backend: 'spare', attempts: 2 })
    expect(await fleet.chat()).toMatchObject({ status: 200, backend: 'first', attempts: 1 })
  })

  it('ask all of tier 1 before tier 2', async () => {
    const fleet = await startFleet(
      { a: {}, b: {}, spare: { backend: { priority: 2 } } },
      { services: { chat: { balance: 'round-robin', retry: { attempts: 3 } } } },
    )
    for (const id of ['a', 'b']) fleet.simulator(id).setFault('sim-chat', { name: 'status', status: 500 })
    expect(await fleet.chat()).toMatchObject({ status: 200, backend: 'spare', attempts: 3 })
  })

  it('can be set for one model of a backend, and for one target', async () => {
    const models = [{ name: 'sim-chat', priority: 2 }, { name: 'sim-embedding' }]
    const fleet = await startFleet(
      { a: { backend: { models } }, b: {} },
      {
        models: [
          {
            name: 'smart',
            targets: [
              { backend: 'a', model: 'sim-chat', priority: 1 },
              { backend: 'b', model: 'sim-chat', priority: 2 },
            ],
          },
        ],
      },
    )
    expect(await backendsOf(fleet, 2)).toEqual(['b', 'b'])
    expect((await fleet.chat({ model: 'smart' })).backend).toBe('a')
  })
})

/** What waits for room is another test's matter. */
const NO_QUEUE = { defaults: { queue: { size: 0 } } } as const

describe('maxConcurrency', () => {
  it('sends to another instance when one is full, and answers 503 with Retry-After when all are', async () => {
    const fleet = await startFleet({ a: { backend: { maxConcurrency: 1 } }, b: { backend: { maxConcurrency: 1 } } }, NO_QUEUE)
    const first = await openStream(fleet.url, {}, stalled)
    const second = await openStream(fleet.url, {}, stalled)
    expect([first.backend, second.backend].toSorted()).toEqual(['a', 'b'])
    const refused = await fleet.chat()
    expect(refused).toMatchObject({ status: 503, code: 'overloaded', headers: { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) } })
    first.leave()
    await fleet.settled(2)
    expect(await fleet.chat()).toMatchObject({ status: 200, backend: first.backend })
    second.leave()
  })

  it('is never exceeded, however many come at once, and nobody is asked in vain', async () => {
    const fleet = await startFleet(
      {
        a: { backend: { maxConcurrency: 3 }, simulator: { latencyMs: 100 } },
        b: { backend: { maxConcurrency: 2 }, simulator: { latencyMs: 100 } },
      },
      NO_QUEUE,
    )
    const answers = await Promise.all(Array.from({ length: 40 }, () => fleet.chat()))
    const served = answers.filter(({ status }) => status === 200).length
    expect(served).toBeGreaterThanOrEqual(5)
    expect(answers.filter(({ status, code }) => status === 503 && code === 'overloaded')).toHaveLength(40 - served)
    expect(fleet.posts('a').length + fleet.posts('b').length).toBe(served)
    expect(mostAtOnce(fleet, 'a')).toBeLessThanOrEqual(3)
    expect(mostAtOnce(fleet, 'b')).toBeLessThanOrEqual(2)
  })

  it('counts what a backend does for all of its models together', async () => {
    const fleet = await startFleet({ a: { backend: { maxConcurrency: 1 } } }, NO_QUEUE)
    const stream = await openStream(fleet.url, {}, stalled)
    const refused = await ask(`${fleet.url}/v1/embeddings`, { body: { model: 'sim-embedding', input: 'x' } })
    expect(refused).toMatchObject({ status: 503, code: 'overloaded' })
    stream.leave()
  })

  it('takes effect for what is in flight when it is changed', async () => {
    const fleet = await startFleet({ a: {} }, NO_QUEUE)
    const streams = [await openStream(fleet.url, {}, stalled), await openStream(fleet.url, {}, stalled)]
    const [backend] = fleet.config.backends
    const limited = (maxConcurrency: number) => ({
      ...fleet.config,
      backends: backend === undefined ? [] : [{ ...backend, maxConcurrency }],
    })
    fleet.apply(limited(2))
    expect((await fleet.chat()).status).toBe(503)
    fleet.apply(limited(3))
    expect((await fleet.chat()).status).toBe(200)
    for (const stream of streams) stream.leave()
  })
})

describe('a disabled backend', () => {
  it('gets nothing, and its models stay known as ones that can’t be served now', async () => {
    const fleet = await startFleet({
      off: { backend: { enabled: false, models: ['sim-chat'] } },
      on: { backend: { models: ['sim-embedding'] } },
    })
    expect(await fleet.chat()).toMatchObject({ status: 503, code: 'no_healthy_instance', headers: { 'retry-after': expect.any(String) } })
    expect(fleet.simulator('off').seen).toEqual([])
  })
})
