import { describe, expect, it } from 'vitest'
import { ask, openStream } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { countOf, inParallel, LIVELY, QUIET, startFleet, type Fleet, type Member } from '../support/start-fleet.ts'

const noSlowStart = { defaults: { slowStart: '0s' } } as const
const turns = { ...noSlowStart, services: { chat: { balance: 'round-robin' } } } as const
const unavailable = { status: 503, code: 'no_healthy_instance', headers: { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) } }

async function statusesOf({ url }: Fleet): Promise<unknown> {
  const body: unknown = JSON.parse((await ask(`${url}/health/ready`)).text)
  return typeof body === 'object' && body !== null && 'backends' in body ? body.backends : undefined
}

/** Waits until the gateway says so of these backends. */
async function until(fleet: Fleet, statuses: Readonly<Record<string, string>>): Promise<void> {
  await eventually(async () => expect(await statusesOf(fleet)).toMatchObject(statuses))
}

describe('a refused connection', () => {
  it('takes the instance out at once: the request is served by another, and the next does not try it', async () => {
    const fleet = await startFleet({ a: {}, b: {} }, turns)
    await fleet.simulator('a').setDown(true)
    expect(await fleet.chat()).toMatchObject({ status: 200, backend: 'b', attempts: 2 })
    const later = [await fleet.chat(), await fleet.chat(), await fleet.chat(), await fleet.chat()]
    expect(later.map(({ backend, attempts }) => `${backend} ${attempts}`)).toEqual(['b 1', 'b 1', 'b 1', 'b 1'])
  })

  it('is over when probes find the instance well again', async () => {
    const fleet = await startFleet({ a: { backend: { health: { ...LIVELY, healthyAfter: 2 } } }, b: {} }, turns)
    await fleet.simulator('a').setDown(true)
    await until(fleet, { a: 'unhealthy' })
    await fleet.simulator('a').setDown(false)
    await until(fleet, { a: 'healthy' })
    const later = [await fleet.chat(), await fleet.chat(), await fleet.chat(), await fleet.chat()]
    expect(countOf(later.map(({ backend, attempts }) => `${backend} ${attempts}`))).toEqual({ 'a 1': 2, 'b 1': 2 })
  })

  it('makes the gateway look again soon, and not at its next turn in an hour', async () => {
    const fleet = await startFleet({ a: { backend: { health: { ...QUIET, healthyAfter: 1 } } } })
    await fleet.simulator('a').setDown(true)
    expect((await fleet.chat()).status).toBe(502)
    await until(fleet, { a: 'unhealthy' })
    await fleet.simulator('a').setDown(false)
    await until(fleet, { a: 'healthy' })
    expect((await fleet.chat()).status).toBe(200)
  })

  it('is remembered when the config is loaded again', async () => {
    const fleet = await startFleet({ a: {}, b: {} }, turns)
    await fleet.simulator('a').setDown(true)
    await fleet.chat()
    const backends = fleet.config.backends.map((backend) => ({ ...backend, weight: 7 }))
    expect(fleet.apply({ ...fleet.config, backends })).toEqual([])
    const later = [await fleet.chat(), await fleet.chat()]
    expect(later.map(({ backend, attempts }) => `${backend} ${attempts}`)).toEqual(['b 1', 'b 1'])
  })

  it('does not take out an instance that has no probes: nothing would bring it back', async () => {
    const fleet = await startFleet({ a: { backend: { health: { enabled: false } } } })
    await fleet.simulator('a').setDown(true)
    expect((await fleet.chat()).status).toBe(502)
    await fleet.simulator('a').setDown(false)
    expect((await fleet.chat()).status).toBe(200)
  })
})

describe('connections that fail (U1)', () => {
  it.each(['refused', 'reset-on-accept', 'close-on-accept'] as const)('%s: no client of 1,000 sees an error', async (fault) => {
    const fleet = await startFleet({ bad: {}, a: {}, b: {} }, turns)
    if (fault === 'refused') await fleet.simulator('bad').setDown(true)
    else fleet.simulator('bad').setFault('*', { name: fault })
    const answers = await inParallel(1_000, 20, () => fleet.chat())
    expect(countOf(answers.map(({ status, backend }) => `${status} ${backend === 'bad' ? 'bad' : 'good'}`))).toEqual({ '200 good': 1_000 })
  })
})

describe('failures of real traffic', () => {
  it('take an instance out after so many in a row', async () => {
    const fleet = await startFleet({ a: { backend: { health: { ...QUIET, unhealthyAfter: 3 } } }, b: { backend: { priority: 2 } } })
    fleet.simulator('a').setFault('sim-chat', { name: 'reset-before-headers' })
    const answers = [await fleet.chat(), await fleet.chat(), await fleet.chat(), await fleet.chat()]
    expect(answers.map(({ backend, attempts }) => `${backend} ${attempts}`)).toEqual(['b 2', 'b 2', 'b 2', 'b 1'])
  })

  it('do not take it out when they are answers: 4xx and 5xx are the request’s or the model’s', async () => {
    const fleet = await startFleet({ a: { backend: { health: { ...QUIET, unhealthyAfter: 1 } } } })
    for (const status of [400, 429, 500, 503]) {
      fleet.simulator('a').setFault('sim-chat', { name: 'status', status })
      expect((await fleet.chat()).status).toBeGreaterThanOrEqual(400)
    }
    fleet.simulator('a').setFault('sim-chat', undefined)
    expect((await fleet.chat()).status).toBe(200)
  })

  it('do not come from clients that leave', async () => {
    const fleet = await startFleet({ a: { backend: { health: { ...QUIET, unhealthyAfter: 1 } } } })
    for (let round = 1; round <= 3; round += 1) {
      const stream = await openStream(fleet.url, {}, { headers: { 'x-simulator-fault': 'stall:at=2' } })
      stream.leave()
      await fleet.settled(round)
    }
    expect(await statusesOf(fleet)).toEqual({ a: 'healthy' })
  })
})

describe('probes', () => {
  const vllm = { type: 'vllm' } as const

  it('never ask a model anything, whatever the type', async () => {
    const types = ['openai-compatible', 'vllm', 'ollama', 'llamacpp', 'xinference', 'localai', 'sglang', 'lmstudio', 'gpustack', 'infinity']
    const members = Object.fromEntries(types.map((type) => [type, { backend: { type, health: LIVELY, refresh: '20ms' } }]))
    const fleet = await startFleet(members)
    for (const type of types) await fleet.simulator(type).waitFor(({ seen }) => seen.length >= 8)
    const seen = types.flatMap((type) => fleet.simulator(type).seen)
    expect(new Set(seen.map(({ method }) => method))).toEqual(new Set(['GET']))
    expect(seen.filter(({ body }) => body.length > 0)).toEqual([])
  })

  it('take an instance out after `unhealthyAfter` failures, and in after `healthyAfter` successes, each backend by its own settings', async () => {
    const failing = { '/health': { name: 'status', status: 500 } } as const
    const fleet = await startFleet({
      quick: { backend: { ...vllm, health: LIVELY }, faults: failing },
      patient: { backend: { ...vllm, health: { ...LIVELY, unhealthyAfter: 100 } }, faults: failing },
    })
    await until(fleet, { quick: 'unhealthy', patient: 'unknown' })
    expect((await fleet.chat()).backend).toBe('patient')
    fleet.simulator('quick').setFault('/health', undefined)
    await until(fleet, { quick: 'healthy' })
  })

  it('come in each backend’s own interval, and not at all where they are turned off', async () => {
    const models = ['sim-chat']
    const fleet = await startFleet({
      often: { backend: { ...vllm, models, health: LIVELY } },
      seldom: { backend: { ...vllm, models, health: QUIET } },
      never: { backend: { ...vllm, models, health: { enabled: false } } },
    })
    await fleet.simulator('often').waitFor(({ seen }) => seen.length >= 10)
    expect([fleet.simulator('seldom').seen.length, fleet.simulator('never').seen.length]).toEqual([1, 0])
  })

  it('that get no answer in time count as failures', async () => {
    const health = { ...LIVELY, timeout: '50ms' }
    const fleet = await startFleet({ a: { backend: { ...vllm, models: ['sim-chat'], health }, faults: { '/health': { name: 'hang' } } } })
    await until(fleet, { a: 'unhealthy' })
    expect(await fleet.chat()).toMatchObject(unavailable)
  })

  it('do not follow redirects', async () => {
    const trap = await startFleet({ trap: {} })
    const seenBefore = trap.simulator('trap').seen.length
    const fleet = await startFleet({
      a: {
        backend: { ...vllm, models: ['sim-chat'], health: LIVELY },
        faults: { '/health': { name: 'redirect', location: `${trap.simulator('trap').url}/health` } },
      },
    })
    await until(fleet, { a: 'unhealthy' })
    expect(trap.simulator('trap').seen.length).toBe(seenBefore)
  })
})

describe('a backend that is loading', () => {
  const loading: Member = { backend: { type: 'vllm', models: ['sim-chat'] }, faults: { '/health': { name: 'loading' } } }

  it('is used by nobody while another can serve, even one of a lower tier', async () => {
    const fleet = await startFleet({ cold: loading, warm: { backend: { priority: 2 } } })
    const answers = [await fleet.chat(), await fleet.chat(), await fleet.chat()]
    expect(answers.map(({ backend, attempts }) => `${backend} ${attempts}`)).toEqual(['warm 1', 'warm 1', 'warm 1'])
    expect(await statusesOf(fleet)).toEqual({ cold: 'warming', warm: 'healthy' })
  })

  it('is used when there is nothing else, and is ready then: it may only be slow', async () => {
    const fleet = await startFleet({ cold: loading })
    expect((await ask(`${fleet.url}/health/ready`)).status).toBe(200)
    expect(await fleet.chat()).toMatchObject({ status: 200, backend: 'cold' })
  })

  it('is used when the others are down', async () => {
    const fleet = await startFleet({ cold: loading, warm: {} })
    await fleet.simulator('warm').setDown(true)
    expect(await fleet.chat()).toMatchObject({ status: 200, backend: 'cold', attempts: 2 })
  })

  it('is used when the others are full', async () => {
    const fleet = await startFleet({ cold: loading, warm: { backend: { maxConcurrency: 1 } } })
    const stream = await openStream(fleet.url, {}, { headers: { 'x-simulator-fault': 'stall:at=2' } })
    expect(stream.backend).toBe('warm')
    expect(await fleet.chat()).toMatchObject({ status: 200, backend: 'cold' })
    stream.leave()
  })

  it('is used for a request that the others have failed', async () => {
    const fleet = await startFleet({ cold: loading, warm: {} })
    fleet.simulator('warm').setFault('sim-chat', { name: 'status', status: 500 })
    expect(await fleet.chat()).toMatchObject({ status: 200, backend: 'cold', attempts: 2 })
  })

  it('gets its share once it has loaded', async () => {
    const fleet = await startFleet({ cold: { ...loading, backend: { ...loading.backend, health: LIVELY } }, warm: {} }, turns)
    fleet.simulator('cold').setFault('/health', undefined)
    await until(fleet, { cold: 'healthy' })
    const answers = [await fleet.chat(), await fleet.chat()]
    expect(answers.map(({ backend }) => backend).toSorted()).toEqual(['cold', 'warm'])
  })

  it('is shown as half up', async () => {
    const fleet = await startFleet({ cold: loading, warm: {}, gone: { down: true } })
    await fleet.chat()
    expect((await readMetrics(fleet.url)).series('jairouter_backend_up')).toEqual({ cold: 0.5, warm: 1, gone: 0 })
  })
})

describe('all backends down (U15)', () => {
  const down: Member = { backend: { models: ['sim-chat'] }, down: true }

  it('503 with Retry-After, and nobody is asked', async () => {
    const fleet = await startFleet({ a: down, b: down })
    const answers = await inParallel(50, 10, () => fleet.chat())
    for (const answer of answers) expect(answer).toMatchObject(unavailable)
    expect(fleet.records.flatMap(({ attempts }) => attempts)).toEqual([])
    expect((await ask(`${fleet.url}/health/ready`)).status).toBe(503)
  })

  it('nobody is asked either where the servers stand but their probes fail', async () => {
    const ill: Member = {
      backend: { type: 'vllm', models: ['sim-chat'], health: { ...QUIET, unhealthyAfter: 1 } },
      faults: { '/health': { name: 'status' } },
    }
    const fleet = await startFleet({ a: ill, b: ill })
    expect(await fleet.chat()).toMatchObject(unavailable)
    expect(await fleet.chat({ stream: true })).toMatchObject(unavailable)
    expect([...fleet.posts('a'), ...fleet.posts('b')]).toEqual([])
  })

  it('a storm of requests makes hardly more upstream calls than there are requests', async () => {
    const fleet = await startFleet({ a: {}, b: {} })
    await Promise.all([fleet.simulator('a').setDown(true), fleet.simulator('b').setDown(true)])
    const count = 200
    const answers = await inParallel(count, 10, () => fleet.chat())
    expect(answers.every(({ status }) => status === 502 || status === 503)).toBe(true)
    expect(answers.at(-1)).toMatchObject(unavailable)
    expect(fleet.records.flatMap(({ attempts }) => attempts).length).toBeLessThanOrEqual(1.2 * count + 3)
  })

  it('every request succeeds again soon after they have come back', async () => {
    const lively = { ...down, backend: { ...down.backend, health: LIVELY } }
    const fleet = await startFleet({ a: lively, b: lively }, noSlowStart)
    expect(await fleet.chat()).toMatchObject(unavailable)
    await Promise.all([fleet.simulator('a').setDown(false), fleet.simulator('b').setDown(false)])
    await until(fleet, { a: 'healthy', b: 'healthy' })
    const answers = await inParallel(50, 10, () => fleet.chat())
    expect(countOf(answers.map(({ status, attempts }) => `${status} after ${attempts}`))).toEqual({ '200 after 1': 50 })
  })
})

describe('a flapping backend beside a healthy one (U16)', () => {
  it('is never seen by a client', async () => {
    const fleet = await startFleet({ flaps: { backend: { health: LIVELY } }, steady: {} }, turns)
    const flapping = fleet.simulator('flaps')
    const answers: string[] = []
    for (let round = 0; round < 6; round += 1) {
      const load = inParallel(60, 6, () => fleet.chat())
      await flapping.setDown(true)
      answers.push(...(await load).map(({ status }) => String(status)))
      await until(fleet, { flaps: 'unhealthy' })
      await flapping.setDown(false)
      await until(fleet, { flaps: 'healthy' })
      // It must be in use again, or the next fall would hit nobody.
      await eventually(async () => expect((await fleet.chat()).backend).toBe('flaps'))
    }
    expect(countOf(answers)).toEqual({ 200: 360 })
    const changes = fleet
      .logged()
      .split('\n')
      .filter((line) => line.includes('"backend":"flaps"') && line.includes('"to":"unhealthy"'))
    expect(changes).toHaveLength(6)
  })
})

describe('slow start', () => {
  it('gives an instance that has recovered a small share at first', async () => {
    const fleet = await startFleet(
      { back: { backend: { health: LIVELY } }, steady: {} },
      { defaults: { slowStart: '1h' }, services: { chat: { balance: 'round-robin' } } },
    )
    await fleet.simulator('back').setDown(true)
    await until(fleet, { back: 'unhealthy' })
    await fleet.simulator('back').setDown(false)
    await until(fleet, { back: 'healthy' })
    const counts = countOf((await inParallel(110, 10, () => fleet.chat())).map(({ backend }) => backend))
    // 0.1 of its weight, within the turn that the start of the sequence may shift.
    expect(counts['back']).toBeGreaterThanOrEqual(9)
    expect(counts['back']).toBeLessThanOrEqual(11)
  })

  it('does not slow the first start of a process', async () => {
    const fleet = await startFleet({ a: {}, b: {} }, { defaults: { slowStart: '1h' }, services: { chat: { balance: 'round-robin' } } })
    const counts = countOf((await inParallel(20, 5, () => fleet.chat())).map(({ backend }) => backend))
    expect(counts).toEqual({ a: 10, b: 10 })
  })
})
