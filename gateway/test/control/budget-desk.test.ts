import { describe, expect, it } from 'vitest'
import { readMetrics } from '../support/read-metrics.ts'
import { startManaged } from '../support/start-managed.ts'

/** 11:00 of a day of August 2026. */
const NOON = Date.UTC(2026, 7, 21, 11)

describe('budgets over the management API', () => {
  it('hold on the next request, tell what is spent and when it will be gone, and warn once', async () => {
    const warned: string[] = []
    const managed = await startManaged({ wallClock: () => NOON, onWarning: ({ id }, share) => warned.push(`${id} ${share}`) })
    const made = await managed.call('POST /budgets', {
      body: { id: 'daily', scope: 'all', unit: 'requests', amount: 4, period: 'day', warnAt: [0.75, 0.5] },
    })
    expect(made).toMatchObject({
      status: 201,
      body: { spent: 0, remaining: 4, warnAt: [0.5, 0.75], periodEnds: '2026-08-22T00:00:00.000Z' },
    })
    const statuses = []
    for (let count = 0; count < 5; count += 1) statuses.push((await managed.fleet.chat()).status)
    expect(statuses).toEqual([200, 200, 200, 200, 429])
    expect(warned).toEqual(['daily 0.5', 'daily 0.75'])
    expect((await managed.call('GET /budgets/daily')).body).toMatchObject({ spent: 4, remaining: 0 })
    // 4 in 11 hours.
    expect((await managed.call('GET /budgets/daily/forecast')).body).toMatchObject({ spent: 4, emptyOn: '2026-08-21T11:00:00.000Z' })
    const metrics = await readMetrics(managed.fleet.url)
    expect(metrics.series('jairouter_budget_used_ratio')).toEqual({ daily: 1 })
    expect(metrics.series('jairouter_budget_refusals_total')).toEqual({ daily: 1 })
    await managed.call('PATCH /budgets/daily', { body: { amount: 8 }, ifMatch: made.etag ?? '' })
    expect((await managed.fleet.chat()).status).toBe(200)
    expect((await managed.call('GET /budgets/daily/forecast')).body).toMatchObject({ remaining: 3, emptyOn: '2026-08-21T17:36:00.000Z' })
    expect(await managed.call('PATCH /budgets/daily', { body: { amount: 1 }, ifMatch: made.etag ?? '' })).toMatchObject({
      code: 'precondition_failed',
    })
    await managed.access.stop()
    expect(Object.fromEntries(await managed.store.counters('budget/'))).toEqual({ 'budget/daily/requests:2026-08-21': 5 })
    expect(await managed.call('DELETE /budgets/daily')).toMatchObject({ status: 204 })
    expect((await managed.store.counters('budget/')).size).toBe(0)
    expect((await managed.fleet.chat()).status).toBe(200)
  })

  it('of money say which models have no price, and count those that have one', async () => {
    const managed = await startManaged({
      wallClock: () => NOON,
      config: { prices: { 'sim-chat': { input: 1_000_000, output: 1_000_000 } } },
    })
    await managed.call('POST /budgets', { body: { id: 'usd', scope: 'all', unit: 'money', amount: 1_000, period: 'month' } })
    await managed.call('POST /budgets', {
      body: { id: 'eur', scope: 'all', unit: 'money', amount: 1_000, currency: 'EUR', period: 'month' },
    })
    expect((await managed.fleet.chat()).status).toBe(200)
    await managed.fleet.settled(1)
    const tokens = managed.fleet.records[0]?.usage?.totalTokens ?? 0
    expect(tokens).toBeGreaterThan(0)
    expect((await managed.call('GET /budgets/usd')).body).toMatchObject({ spent: tokens, unpriced: [] })
    expect((await managed.call('GET /budgets/eur')).body).toMatchObject({ spent: 0, unpriced: ['sim-chat'] })
  })

  it.each([
    [{ scope: 'all', subject: 'x', unit: 'requests', amount: 1, period: 'day' }],
    [{ scope: 'key', unit: 'requests', amount: 1, period: 'day' }],
    [{ scope: 'all', unit: 'requests', amount: 1.5, period: 'day' }],
    [{ scope: 'all', unit: 'requests', amount: 1, period: 'day', zone: 'Nowhere/Else' }],
    [{ scope: 'all', unit: 'tokens', amount: 1, period: 'day', currency: 'USD' }],
  ])('refuse %j', async (body) => {
    const managed = await startManaged()
    expect(await managed.call('POST /budgets', { body })).toMatchObject({ code: 'invalid_request' })
  })

  it('of a team go by its members, and keep it from being removed', async () => {
    const managed = await startManaged({ config: { auth: { keys: [{ name: 'own', key: 'own-key-1', owner: 'ada' }] } } })
    await managed.call('POST /teams', { body: { id: 'blue', members: ['grace'] } })
    await managed.call('POST /budgets', { body: { id: 'b', scope: 'team', subject: 'blue', unit: 'requests', amount: 0, period: 'day' } })
    expect((await managed.chat('own-key-1')).status).toBe(200)
    await managed.call('PATCH /teams/blue', { body: { members: ['ada'] } })
    expect((await managed.chat('own-key-1')).code).toBe('insufficient_quota')
    expect((await managed.call('GET /keys/own/effective')).body).toMatchObject({
      budgets: [{ id: 'b', remaining: 0 }],
      whyNot: [{ code: 'budget_used_up', subject: 'b' }],
    })
    expect(await managed.call('DELETE /teams/blue')).toMatchObject({ code: 'in_use' })
    await managed.call('DELETE /budgets/b')
    expect(await managed.call('DELETE /teams/blue')).toMatchObject({ status: 204 })
  })
})
