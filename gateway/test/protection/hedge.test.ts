import { describe, expect, it } from 'vitest'
import { readMetrics } from '../support/read-metrics.ts'
import { openStream } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { countOf, inParallel, startFleet, type FleetConfig } from '../support/start-fleet.ts'

const LISTED = { backend: { models: ['sim-chat'] } }
const PAIR = { slow: LISTED, quick: { backend: { ...LISTED.backend, priority: 2 } } }

function hedged(hedge: object = {}, more: object = {}): FleetConfig {
  return { defaults: { hedge: { after: '40ms', budget: 1, ...hedge }, ...more } }
}

describe.each([false, true])('a chat with stream %s', (stream) => {
  it('is answered by the second instance when the first is late; the first is ended and is none the worse for it', async () => {
    const fleet = await startFleet(PAIR, hedged())
    fleet.simulator('slow').setFault('sim-chat', { name: 'hang' })
    const answer = await fleet.chat({ stream })
    expect(answer).toMatchObject({ status: 200, backend: 'quick', attempts: 2 })
    if (stream) expect(answer.text).toMatch(/data: \[DONE\]\n\n$/)
    expect(fleet.records[0]).toMatchObject({ hedge: 'won', attempts: [{ outcome: 'hedge_lost' }, { outcome: 'ok' }] })
    expect(fleet.gateway.openLeases()).toBe(0)
    await eventually(() => {
      expect(fleet.posts('slow')[0]?.abortedAt).toBeDefined()
    })
    const { samples } = await readMetrics(fleet.url)
    expect(samples.filter(({ name }) => name === 'jairouter_hedges_total')).toMatchObject([
      { labels: { model: 'sim-chat', result: 'won' }, value: 1 },
    ])
    expect(samples.filter(({ name }) => name === 'jairouter_retries_total')).toEqual([])
  })

  it('is answered by the first when that begins first after all', async () => {
    const fleet = await startFleet(PAIR, hedged())
    fleet.simulator('slow').setFault('sim-chat', { name: 'slow', after: 120 })
    fleet.simulator('quick').setFault('sim-chat', { name: 'hang' })
    expect(await fleet.chat({ stream })).toMatchObject({ status: 200, backend: 'slow', attempts: 2 })
    expect(fleet.records[0]).toMatchObject({ hedge: 'lost', attempts: [{ outcome: 'ok' }, { outcome: 'hedge_lost' }] })
  })

  it('is answered by one when the other fails, whichever it is', async () => {
    const fleet = await startFleet(PAIR, hedged({}, { retry: { attempts: 2 } }))
    fleet.simulator('slow').setFault('sim-chat', { name: 'slow', after: 120 })
    fleet.simulator('quick').setFault('sim-chat', { name: 'status', status: 500 })
    expect(await fleet.chat({ stream })).toMatchObject({ status: 200, backend: 'slow' })
    fleet.simulator('slow').setFault('sim-chat', { name: 'hang' })
    fleet.simulator('quick').setFault('sim-chat', undefined)
    expect(await fleet.chat({ stream })).toMatchObject({ status: 200, backend: 'quick' })
  })

  it('is one error when both fail', async () => {
    const fleet = await startFleet(PAIR, hedged({}, { timeouts: { firstToken: '150ms', response: '150ms' }, retry: { attempts: 2 } }))
    fleet.simulator('slow').setFault('sim-chat', { name: 'hang' })
    fleet.simulator('quick').setFault('sim-chat', { name: 'hang' })
    expect(await fleet.chat({ stream })).toMatchObject({ status: 504, code: 'upstream_timeout' })
    expect(fleet.posts('slow').length + fleet.posts('quick').length).toBe(2)
  })
})

it('stays within its share of all requests', async () => {
  const fleet = await startFleet(PAIR, hedged({ budget: 0.1, after: '1ms' }))
  fleet.simulator('slow').setFault('sim-chat', { name: 'slow', after: 15 })
  await inParallel(40, 4, () => fleet.chat())
  const second = fleet.records.filter(({ hedge }) => hedge !== undefined).length
  expect(second).toBeGreaterThanOrEqual(1)
  expect(second).toBeLessThanOrEqual(4)
  expect(countOf(fleet.records.map(({ status }) => String(status)))).toEqual({ '200': 40 })
})

it('goes by the times of the model: nothing before enough are known', async () => {
  const fleet = await startFleet(PAIR, hedged({ after: 'p95' }))
  fleet.simulator('slow').setFault('sim-chat', { name: 'slow', after: 60 })
  await fleet.chat()
  expect(fleet.records[0]?.hedge).toBeUndefined()
  fleet.simulator('slow').setFault('sim-chat', undefined)
  await inParallel(20, 4, () => fleet.chat())
  fleet.simulator('slow').setFault('sim-chat', { name: 'hang' })
  expect(await fleet.chat()).toMatchObject({ status: 200, backend: 'quick' })
  expect(fleet.records.at(-1)).toMatchObject({ hedge: 'won' })
})

it('is not made for what the server would keep, nor after the client has left', async () => {
  const fleet = await startFleet(PAIR, hedged({}, { timeouts: { response: '150ms' }, retry: { attempts: 1 } }))
  fleet.simulator('slow').setFault('sim-chat', { name: 'hang' })
  expect((await fleet.chat({ store: true })).status).toBe(504)
  const streaming = await startFleet({ slow: LISTED, quick: LISTED }, hedged({ after: '1h' }))
  const held = await openStream(streaming.url, {}, { headers: { 'x-simulator-fault': 'stall' } })
  held.leave()
  await streaming.settled(1)
  expect(streaming.records[0]).toMatchObject({ status: 499, hedge: undefined })
  expect(fleet.posts('quick')).toHaveLength(0)
})
