import { describe, expect, it } from 'vitest'
import { readMetrics } from '../support/read-metrics.ts'
import { countOf, inParallel, startFleet, type Fleet } from '../support/start-fleet.ts'

const LISTED = { backend: { models: ['sim-chat'] } }

async function metricsOf({ url }: Fleet, wanted: string): Promise<Record<string, number>> {
  const { samples } = await readMetrics(url)
  const own = samples.filter(({ name }) => name === wanted)
  return Object.fromEntries(own.map(({ labels, value }) => [Object.values(labels).join(' '), value]))
}

describe('an instance that is rate limited', () => {
  it('is left alone for as long as it says, which is no failure', async () => {
    const fleet = await startFleet({ limited: LISTED, free: LISTED }, { defaults: { balance: 'round-robin' } })
    fleet.simulator('limited').setFault('sim-chat', { name: 'rate-limited', retryAfter: '60' })
    const answers = []
    for (let index = 0; index < 20; index += 1) answers.push(await fleet.chat({ stream: index % 2 === 0 }))
    expect(countOf(answers.map(({ status, backend }) => `${status} ${backend}`))).toEqual({ '200 free': 20 })
    expect(fleet.posts('limited')).toHaveLength(1)
    expect((await metricsOf(fleet, 'jairouter_breaker_state'))['limited/sim-chat']).toBe(0)
    const left = (await metricsOf(fleet, 'jairouter_instance_left_alone_seconds'))['limited/sim-chat pause']
    expect(left).toBeGreaterThan(30)
    expect(left).toBeLessThanOrEqual(60)
  })

  it('is asked again after its own time where there is no other: the client gets its answer', async () => {
    const fleet = await startFleet({ only: LISTED })
    fleet.simulator('only').setFault('sim-chat', { name: 'rate-limited', retryAfter: '150ms', times: 1 })
    expect(await fleet.chat()).toMatchObject({ status: 200, attempts: 2 })
    fleet.simulator('only').setFault('sim-chat', { name: 'overloaded', retryAfter: '150ms', times: 1 })
    expect(await fleet.chat({ stream: true })).toMatchObject({ status: 200, attempts: 2 })
  })

  it('is not waited for longer than retry.maxWait: 429 at once, with the time that is left', async () => {
    const fleet = await startFleet({ only: LISTED }, { defaults: { retry: { maxWait: '1s' } } })
    fleet.simulator('only').setFault('sim-chat', { name: 'rate-limited', retryAfter: '60' })
    expect((await fleet.chat()).status).toBe(429)
    const later = await fleet.chat()
    expect(later).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
    expect(Number(later.headers['retry-after'])).toBeGreaterThan(30)
    expect(Number(later.headers['retry-after'])).toBeLessThanOrEqual(60)
    expect(fleet.posts('only')).toHaveLength(1)
  })

  it('of all requests that wait for it together none is lost', async () => {
    const fleet = await startFleet({ only: LISTED })
    fleet.simulator('only').setFault('sim-chat', { name: 'rate-limited', retryAfter: '100ms', times: 1 })
    const answers = await inParallel(50, 50, () => fleet.chat())
    expect(countOf(answers.map(({ status }) => String(status)))).toEqual({ '200': 50 })
  })
})

describe('a backend that refuses the gateway’s credential', () => {
  it('is parked and said so, others answer', async () => {
    const fleet = await startFleet({ bad: LISTED, good: LISTED }, { defaults: { balance: 'round-robin' } })
    fleet.simulator('bad').setFault('sim-chat', { name: 'status', status: 401 })
    const answers = []
    for (let index = 0; index < 10; index += 1) answers.push(await fleet.chat())
    expect(countOf(answers.map(({ status, backend }) => `${status} ${backend}`))).toEqual({ '200 good': 10 })
    expect(fleet.posts('bad')).toHaveLength(1)
    expect((await metricsOf(fleet, 'jairouter_instance_left_alone_seconds'))['bad/sim-chat credential']).toBeGreaterThan(30)
  })

  it('is tried at once when the config brings another one', async () => {
    const fleet = await startFleet({ only: LISTED })
    fleet.simulator('only').setFault('sim-chat', { name: 'status', status: 401, times: 1 })
    expect((await fleet.chat()).status).toBe(502)
    expect(await fleet.chat()).toMatchObject({ status: 503, code: 'no_healthy_instance' })
    fleet.apply({ ...fleet.config, backends: fleet.config.backends.map((backend) => ({ ...backend, apiKey: 'another-key' })) })
    expect((await fleet.chat()).status).toBe(200)
  })
})

describe('the same instance again', () => {
  it.each([
    { name: 'status', status: 500, times: 1 },
    { name: 'reset-on-accept', times: 1 },
    { name: 'empty-body', times: 1 },
  ] as const)('answers where there is no other: $name', async (fault) => {
    const fleet = await startFleet({ only: LISTED })
    fleet.simulator('only').setFault('sim-chat', fault)
    expect(await fleet.chat()).toMatchObject({ status: 200, attempts: 2 })
  })

  it.each([400, 403, 404, 422, 501])('is not asked when that could not help: %i', async (status) => {
    const fleet = await startFleet({ only: LISTED })
    fleet.simulator('only').setFault('sim-chat', { name: 'status', status })
    await fleet.chat()
    expect(fleet.posts('only')).toHaveLength(1)
  })
})
