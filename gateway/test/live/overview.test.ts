import type { LiveLimit } from '@jairouter/contract/management/limits'
import { describe, expect, it } from 'vitest'
import { startLive } from '../support/start-live.ts'

describe('the overview', () => {
  it('counts what there is, and what came in the last minute', async () => {
    const fleet = await startLive({ a: {}, b: { down: true, backend: { models: ['sim-b'] } } })
    for (let count = 0; count < 3; count += 1) await fleet.chat()
    await fleet.chat({ model: 'no-such-model' })
    await fleet.settled(4)
    const { body } = await fleet.call('GET', '/overview')
    expect(body).toMatchObject({
      requests: 0,
      waiting: 0,
      level: 'calm',
      backends: { healthy: 1, unhealthy: 1 },
      configVersion: fleet.gateway.snapshot.generation,
      sessions: null,
      lastMinute: { requests: 4, attempts: 3, attemptSuccess: 1, clientSuccess: 1, errors: { client: 1, upstream: 0 } },
      lastHour: { requests: 4 },
    })
    expect((body['lastMinute'] as unknown as { durationMs: { p50: number } }).durationMs.p50).toBeGreaterThan(0)
  })
})

describe('limits', () => {
  it('show what is left of each, the tightest subjects by name', async () => {
    const fleet = await startLive(
      { a: {} },
      {
        auth: { mode: 'none', keys: [] },
        services: { chat: { limits: [{ by: 'client-ip', algorithm: 'sliding-window', limit: 5, window: '1h' }] } },
        defaults: { limits: [{ by: 'global', algorithm: 'token-bucket', rate: '100/h' }] },
      },
    )
    for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.3']) await fleet.chat({}, { localAddress: address })
    const { body, status } = await fleet.call('GET', '/limits?top=1&sort=left')
    expect(status).toBe(200)
    const items = body['items'] as unknown as LiveLimit[]
    expect(items[0]).toMatchObject({
      place: 'service chat',
      by: 'client-ip',
      algorithm: 'sliding-window',
      limit: 5,
      remaining: 3,
      subjects: 2,
      tightest: [{ subject: '127.0.0.3', remaining: 3 }],
    })
    expect(items.find(({ place }) => place === 'defaults')).toMatchObject({ by: 'global', limit: 100, remaining: 97, subjects: 1 })
    // To look costs nothing of them.
    expect((await fleet.call('GET', '/limits?top=1&sort=left')).body['items']).toMatchObject([{ remaining: 3 }, { remaining: 97 }])
  })
})

describe('search', () => {
  it('finds by parts of names what the role may see', async () => {
    const fleet = await startLive({ gpu: { backend: { headers: { 'x-secret': 'canary-value' } } } })
    const search = async (q: string, role = 'viewer') => {
      const { body } = await fleet.call('GET', `/search?q=${encodeURIComponent(q)}`, { role })
      return (body['items'] as unknown as { kind: string; id: string }[]).map(({ kind, id }) => `${kind} ${id}`)
    }
    const found = await search('gpu')
    expect(found[0]).toBe('backend gpu')
    expect(found).toContain('instance gpu/sim-chat')
    expect(found).toContain('config backends[gpu].url')
    expect(await search('SIM-CHAT', 'developer')).toEqual(['model sim-chat'])
    expect(await search('canary')).toEqual([])
    expect((await search('s')).length).toBeLessThanOrEqual(20)
    expect((await fleet.call('GET', '/search?q=')).status).toBe(400)
  })
})

describe('the audit over HTTP', () => {
  it('is searched, verified and exported', async () => {
    const fleet = await startLive({ a: {}, b: {} })
    await fleet.call('POST', '/instances/a/sim-chat/disable')
    await fleet.call('POST', '/instances/a/sim-chat/enable')
    const { body } = await fleet.call('GET', '/audit?limit=1')
    expect(body).toMatchObject({ items: [{ sequence: 2, action: 'instance.enable' }], next: '2' })
    expect((await fleet.call('GET', '/audit?limit=1&cursor=2')).body).toMatchObject({ items: [{ sequence: 1 }] })
    expect((await fleet.call('GET', '/audit/1')).body).toMatchObject({ action: 'instance.disable', address: '127.0.0.1' })
    expect((await fleet.call('GET', '/audit/99')).status).toBe(404)
    expect((await fleet.call('GET', '/audit/verify')).body).toEqual({ ok: true, entries: 2 })
    const exported = await fleet.call('GET', '/audit/export?format=csv&action=instance.*')
    expect(exported.text.trim().split('\r\n')).toHaveLength(3)
    expect((await fleet.call('GET', '/audit', { role: 'viewer' })).status).toBe(403)
    const { body: job } = await fleet.call('POST', '/audit/verify')
    await expect
      .poll(async () => (await fleet.call('GET', `/jobs/${String(job['id'])}`)).body)
      .toMatchObject({ state: 'done', result: { ok: true } })
  })
})
