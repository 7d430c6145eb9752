import type { Instance } from '@jairouter/contract/management/instances'
import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { openStream } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { startHeld } from '../support/held-streams.ts'
import { inParallel, QUIET } from '../support/start-fleet.ts'
import { startLive, type LiveFleet } from '../support/start-live.ts'

async function instance(fleet: LiveFleet, id: string): Promise<Instance> {
  const { body } = await fleet.call('GET', `/instances/${id}`)
  return body as unknown as Instance
}

const A = 'a/sim-chat'

describe('an instance', () => {
  it('shows what it is like', async () => {
    const fleet = await startLive({ a: { backend: { maxConcurrency: 4, weight: 3 } }, b: {} })
    await fleet.chat()
    const { body, status } = await fleet.call('GET', '/instances?backend=a&sort=-inFlight')
    expect(status).toBe(200)
    const items = body['items'] as unknown as Instance[]
    expect(items.find(({ id }) => id === A)).toMatchObject({
      id: A,
      backend: 'a',
      model: 'sim-chat',
      available: true,
      health: { status: 'healthy' },
      breaker: { state: 'closed', consecutive: 0 },
      inFlight: 0,
      maxConcurrency: 4,
      weight: 3,
    })
    expect(items.every(({ backend }) => backend === 'a')).toBe(true)
    expect((await fleet.call('GET', '/instances/a%2Fsim-chat')).body).toMatchObject({ id: A })
    expect((await fleet.call('GET', '/instances/a/none')).status).toBe(404)
  })

  it('gets no request from the next one on once it is disabled, and again once it is enabled, under load', async () => {
    const fleet = await startLive({ a: {}, b: {} })
    const stop = new AbortController()
    const statuses: number[] = []
    const load = inParallel(4, 4, async () => {
      while (!stop.signal.aborted) statuses.push((await fleet.chat()).status)
    })
    await eventually(() => expect(fleet.posts('a').length).toBeGreaterThan(20))

    const { status, body } = await fleet.call('POST', `/instances/${A}/disable`, { body: { reason: 'new driver' } })
    expect([status, body['instance']]).toMatchObject([
      200,
      { available: false, barredBy: 'override', override: { kind: 'disabled', by: 'admin', reason: 'new driver' } },
    ])
    // Those that had been sent already may still come.
    await eventually(async () => expect(await instance(fleet, A)).toMatchObject({ inFlight: 0 }))
    const then = { a: fleet.posts('a').length, b: fleet.posts('b').length }
    await eventually(() => expect(fleet.posts('b').length).toBeGreaterThan(then.b + 50))
    expect(fleet.posts('a').length).toBe(then.a)

    await fleet.call('POST', `/instances/${A}/enable`)
    await eventually(() => expect(fleet.posts('a').length).toBeGreaterThan(then.a + 20))
    stop.abort()
    await load
    expect(new Set(statuses)).toEqual(new Set([200]))
    const { body: audit } = await fleet.call('GET', '/audit?target=instances/*')
    expect((audit['items'] as unknown as { action: string }[]).map(({ action }) => action)).toEqual(['instance.enable', 'instance.disable'])
  })

  it('gets none even if it is the last', async () => {
    const fleet = await startLive({ a: {} })
    await fleet.call('POST', `/instances/${A}/disable`)
    expect(await fleet.chat()).toMatchObject({ status: 503, code: 'no_healthy_instance' })
    expect(fleet.posts('a')).toEqual([])
  })

  it('is disabled for a while, and enabled again by the time alone', async () => {
    const fleet = await startLive({ a: {} })
    await fleet.call('POST', `/instances/${A}/disable`, { body: { for: '1s' } })
    expect((await fleet.chat()).status).toBe(503)
    await eventually(async () => expect((await fleet.chat()).status).toBe(200))
    await eventually(async () => expect(await fleet.store.list('overrides')).toEqual([]))
    expect(await instance(fleet, A)).not.toHaveProperty('override')
    expect((await fleet.call('GET', '/audit?action=instance.override-expired')).body['items']).toHaveLength(1)
  })

  it('is drained: what is in flight ends as usual, and the job with it', async () => {
    const held = await startHeld()
    const fleet = await startLive({ a: {} })
    const backends = [...fleet.config.backends, { id: 'held', type: 'openai-compatible', url: held.url, health: QUIET }]
    expect(fleet.apply({ ...fleet.config, backends })).toEqual([])
    await fleet.gateway.firstRound()
    const open = await openStream(fleet.url, { model: 'held' })

    const { status, body } = await fleet.call('POST', '/instances/held/held/drain')
    expect([status, body['instance']]).toMatchObject([202, { inFlight: 1, override: { kind: 'draining' } }])
    const job = async () => (await fleet.call('GET', `/jobs/${String(body['job'])}`)).body
    expect(await job()).toMatchObject({ kind: 'drain', state: 'running', progress: { inFlight: 1 }, by: 'admin' })
    expect(await fleet.chat({ model: 'held' })).toMatchObject({ status: 503 })
    expect(held.asked()).toBe(1)
    held.finish()
    expect(await open.text).toContain('[DONE]')
    await eventually(async () => expect(await job()).toMatchObject({ state: 'done', result: { inFlight: 0 } }))
    expect((await fleet.call('GET', '/jobs?kind=drain')).body['items']).toHaveLength(1)
  })

  it('is not waited for any more once the job is cancelled, and takes no requests until it is enabled', async () => {
    const held = await startHeld()
    const fleet = await startLive({ a: {} })
    const backends = [...fleet.config.backends, { id: 'held', type: 'openai-compatible', url: held.url, health: QUIET }]
    expect(fleet.apply({ ...fleet.config, backends })).toEqual([])
    await fleet.gateway.firstRound()
    const open = await openStream(fleet.url, { model: 'held' })
    const { body } = await fleet.call('POST', '/instances/held/held/drain')
    expect((await fleet.call('DELETE', `/jobs/${String(body['job'])}`)).body).toMatchObject({ state: 'cancelled' })
    expect((await fleet.call('DELETE', '/jobs/none')).status).toBe(404)
    expect((await fleet.chat({ model: 'held' })).status).toBe(503)
    held.finish()
    await open.text
  })

  it('outlives a restart as it was said', async () => {
    const store = new MemoryStore()
    const before = await startLive({ a: {}, b: {} }, { store })
    await before.call('POST', `/instances/${A}/disable`, { body: { for: '1h' } })
    before.control.close()
    const after = await startLive({ a: {}, b: {} }, { store })
    for (let count = 0; count < 6; count += 1) expect((await after.chat()).backend).toBe('b')
    expect(await instance(after, A)).toMatchObject({ override: { kind: 'disabled', by: 'admin' } })
    await after.call('POST', `/instances/${A}/enable`)
    await eventually(async () => expect((await after.chat()).backend).toBe('a'))
  })

  it('stays as it was where the store fails', async () => {
    const store = new MemoryStore()
    const fleet = await startLive({ a: {} }, { store })
    const commit = store.commit.bind(store)
    store.commit = () => Promise.reject(new StoreError('full', 'no room'))
    expect((await fleet.call('POST', `/instances/${A}/disable`)).status).toBe(503)
    expect((await fleet.chat()).status).toBe(200)
    store.commit = commit
    expect((await fleet.call('POST', `/instances/${A}/disable`)).status).toBe(200)
  })

  it('stays disabled when it leaves the config and comes back', async () => {
    const fleet = await startLive({ a: {}, b: {} })
    await fleet.call('POST', `/instances/${A}/disable`)
    expect(fleet.apply({ ...fleet.config, backends: fleet.config.backends.filter(({ id }) => id !== 'a') })).toEqual([])
    expect((await fleet.call('GET', `/instances/${A}`)).status).toBe(404)
    expect(fleet.apply(fleet.config)).toEqual([])
    await fleet.gateway.firstRound()
    await eventually(async () => expect(await instance(fleet, A)).toMatchObject({ barredBy: 'override' }))
    for (let count = 0; count < 6; count += 1) expect((await fleet.chat()).backend).toBe('b')
  })

  it('has its breaker reset by hand', async () => {
    const breaker = { consecutive: 1, openFor: '1h', maxOpenFor: '1h' }
    const fleet = await startLive({ a: {}, b: {} }, { defaults: { breaker, retry: { attempts: 1 } } })
    fleet.simulator('a').setFault('sim-chat', { name: 'status', status: 500 })
    await eventually(async () => {
      await fleet.chat()
      expect(await instance(fleet, A)).toMatchObject({
        available: false,
        barredBy: 'breaker',
        breaker: { state: 'open', reason: 'consecutive' },
      })
    })
    fleet.simulator('a').setFault('sim-chat', undefined)
    expect((await fleet.call('POST', `/instances/${A}/reset`)).body).toMatchObject({
      reset: ['breaker'],
      instance: { available: true, breaker: { state: 'closed' } },
    })
    const posts = fleet.posts('a').length
    await eventually(async () => {
      await fleet.chat()
      expect(fleet.posts('a').length).toBeGreaterThan(posts)
    })
  })

  it('is probed at once', async () => {
    const fleet = await startLive({ a: {} })
    expect((await fleet.call('POST', `/instances/${A}/probe`)).body).toMatchObject({ probe: { outcome: 'ok' } })
    await fleet.simulator('a').setDown(true)
    expect((await fleet.call('POST', `/instances/${A}/probe`)).body).toMatchObject({
      probe: { outcome: 'refused' },
      instance: { available: false, barredBy: 'unhealthy', health: { status: 'unhealthy' } },
    })
    await fleet.simulator('a').setDown(false)
  })

  it('is operated by those who may alone, and by words that are known', async () => {
    const fleet = await startLive({ a: {} })
    expect((await fleet.call('POST', `/instances/${A}/disable`, { role: 'viewer' })).status).toBe(403)
    expect((await fleet.call('GET', '/instances', { role: 'viewer' })).status).toBe(200)
    expect((await fleet.call('GET', '/instances', { role: 'developer' })).status).toBe(403)
    expect((await fleet.call('POST', `/instances/${A}/burn`)).status).toBe(404)
    expect((await fleet.call('POST', '/instances/nobody/x/disable')).status).toBe(404)
    expect((await fleet.call('POST', `/instances/${A}/disable`, { body: { for: 'soon' } })).status).toBe(400)
  })
})
