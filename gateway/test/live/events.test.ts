import { eventSchema, type GatewayEvent } from '@jairouter/contract/management/events'
import { describe, expect, it } from 'vitest'
import { askApi } from '../support/ask-api.ts'
import { eventually } from '../support/eventually.ts'
import { openSse, type SseEvent } from '../support/sse-client.ts'
import { startControlled } from '../support/start-controlled.ts'
import { startLive, type LiveFleet } from '../support/start-live.ts'

function open(fleet: LiveFleet, query = '', headers: Record<string, string> = {}) {
  return openSse(`${fleet.admin}/events${query}`, { accept: 'text/event-stream', ...headers })
}

const about =
  (text: string) =>
  ({ data }: SseEvent): boolean =>
    JSON.stringify(data).includes(text)

async function listed(fleet: Pick<LiveFleet, 'call'>, query = ''): Promise<readonly GatewayEvent[]> {
  const { status, body } = await fleet.call('GET', `/events${query}`)
  expect(status).toBe(200)
  return (body['items'] as unknown as unknown[]).map((item) => eventSchema.parse(item))
}

describe('the list of events', () => {
  it('is filtered, newest first, and has pages', async () => {
    const fleet = await startLive({ a: {} })
    const { events } = fleet
    events.publish('instances', 'health', { backend: 'gpu-1', from: 'healthy', to: 'unhealthy', reason: 'refused' })
    events.publish('instances', 'breaker', { instance: 'gpu-1/m', from: 'closed', to: 'open', reason: 'rate' })
    const third = events.publish('instances', 'health', { backend: 'gpu-2', from: 'unknown', to: 'healthy', reason: 'probe' })
    events.publish('alert', 'firing', { rule: 'slow', severity: 'critical' })
    const all = await listed(fleet)
    expect(all[0]).toMatchObject({ kind: 'alert', type: 'firing', severity: 'critical', subject: 'slow', data: { rule: 'slow' } })
    expect(all.map(({ sequence }) => sequence)).toEqual(all.map(({ sequence }) => sequence).toSorted((a, b) => b - a))
    const of = async (query: string) => (await listed(fleet, query)).map(({ kind, type, subject }) => `${kind} ${type} ${subject}`)
    expect(await of('?kind=health&subject=gpu-1,gpu-2')).toEqual(['health healthy gpu-2', 'health unhealthy gpu-1'])
    expect(await of('?kind=health,breaker&severity=warning,critical&subject=gpu-1,gpu-1/m')).toEqual([
      'breaker open gpu-1/m',
      'health unhealthy gpu-1',
    ])
    const id = all.find(({ sequence }) => sequence === third.sequence)?.id ?? ''
    expect(await of(`?since=${id}`)).toEqual(['alert firing slow'])
    expect(await of(`?since=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual([])
    const first = await fleet.call('GET', '/events?kind=health&subject=gpu-1,gpu-2&limit=1')
    expect(await of(`?kind=health&subject=gpu-1,gpu-2&limit=1&cursor=${String(first.body['next'])}`)).toEqual(['health unhealthy gpu-1'])
  })

  it.each([
    ['?kind=weather', '/kind'],
    ['?severity=loud', '/severity'],
    ['?since=yesterday', '/since'],
  ])('says what is wrong with %s', async (query, pointer) => {
    const { api } = await startControlled({})
    const { status, json } = await api('GET', `/events${query}`)
    expect([status, json]).toMatchObject([400, { code: 'invalid_query', errors: [{ pointer }] }])
  })
})

describe('events as they happen', () => {
  it('are told by kind, filtered, and gone on with where they were broken off', async () => {
    const fleet = await startLive({ a: {} })
    const client = await open(fleet, '?kind=config,key')
    expect(client.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    fleet.events.publish('jobs', 'job', { id: 'j-1' })
    fleet.events.publish('keys', 'created', { id: 'k-1' })
    const told = await client.next(about('k-1'))
    expect([told.event, eventSchema.parse(told.data)]).toMatchObject(['key', { kind: 'key', type: 'created', subject: 'k-1' }])
    expect(client.events.map(({ event }) => event)).toEqual(['open', 'key'])
    const token = client.lastId() ?? ''
    client.leave()
    await client.ended
    fleet.events.publish('config', 'in-force', { generation: 7 })
    fleet.events.publish('jobs', 'job', { id: 'j-2' })
    fleet.events.publish('keys', 'removed', { id: 'k-2' })
    for (const [query, headers] of [
      ['?kind=config,key', { 'last-event-id': token }],
      [`?kind=config,key&since=${token}`, {}],
    ] as const) {
      const again = await open(fleet, query, headers)
      await again.next(about('k-2'))
      expect(again.events.map(({ event, id }) => `${event} ${id === undefined ? 'without' : 'with'} id`)).toEqual([
        'open with id',
        'config with id',
        'key with id',
      ])
      again.leave()
    }
  })

  it('have a gap where something was lost', async () => {
    const fleet = await startLive({ a: {} })
    const client = await open(fleet)
    const token = (await client.next(({ event }) => event === 'open')).id ?? ''
    client.leave()
    for (let count = 0; count <= 1_000; count += 1) fleet.events.publish('keys', 'changed', { id: `k-${count}` })
    for (const id of [token, 'another.17', 'nonsense']) {
      const again = await open(fleet, '?kind=key', { 'last-event-id': id })
      await again.next(({ event }) => event === 'gap')
      fleet.events.publish('keys', 'created', { id: `new ${id}` })
      await again.next(about(`new ${id}`))
      expect(again.events.map(({ event }) => event)).toEqual(['open', 'gap', 'key'])
      again.leave()
      await again.ended
    }
  })

  it('wait in bounded memory for who is slow', async () => {
    const fleet = await startLive({ a: {} })
    const client = await open(fleet, '?kind=key')
    await client.next(({ event }) => event === 'open')
    client.pause()
    const padding = 'x'.repeat(20_000)
    for (let count = 0; count < 20_000; count += 1)
      fleet.events.publish('keys', 'changed', { id: `${count}`, padding: `${padding}${count}` })
    client.resume()
    await client.next(({ event }) => event === 'gap')
    fleet.events.publish('keys', 'changed', { id: 'the last' })
    await client.next(about('the last'))
    expect(client.events.length).toBeLessThan(10_000)
  })

  it('end when the session does, and count among its streams', async () => {
    const fleet = await startLive({ a: {} })
    const clients = await Promise.all([1, 2, 3, 4].map(() => open(fleet)))
    expect((await open(fleet)).status).toBe(429)
    fleet.control.endStreamsOf('s-1')
    for (const client of clients) {
      expect((await client.next(({ event }) => event === 'end')).data).toEqual({ reason: 'signed_out' })
      await client.ended
    }
    expect((await open(fleet, '?cursor=x')).status).toBe(400)
    expect((await open(fleet, '', { 'x-role': 'developer' })).status).toBe(403)
  })

  it('are a topic of the stream for all topics as well', async () => {
    const fleet = await startLive({ a: {} })
    fleet.events.publish('keys', 'created', { id: 'k-0' })
    const topic = 'events?kind=key,team'
    const client = await openSse(`${fleet.admin}/stream?topics=${encodeURIComponent(`${topic.replace(',', '%2C')},config`)}`)
    const snapshot = await client.next(({ event, data }) => event === 'snapshot' && data.topic === topic)
    expect(snapshot.data.data).toMatchObject({ items: [{ kind: 'key', subject: 'k-0' }] })
    fleet.events.publish('teams', 'created', { id: 't-1' })
    expect((await client.next(({ event, data }) => event === 'delta' && data.topic === topic)).data.data).toMatchObject({ kind: 'team' })
    expect((await openSse(`${fleet.admin}/stream?topics=${encodeURIComponent('events?colour=red')}`)).status).toBe(400)
  })
})

describe('decisions', () => {
  it('are told of a sample, and made only while somebody asks for them', async () => {
    const fleet = await startLive({ a: {} })
    await fleet.chat()
    await fleet.settled(1)
    expect((await listed(fleet, '?kind=decision')).length).toBe(0)
    const other = await open(fleet, '?kind=health')
    expect(fleet.events.wantsSamples).toBe(false)
    const client = await open(fleet, '?kind=decision')
    expect(fleet.events.wantsSamples).toBe(true)
    for (let count = 0; count < 30; count += 1) await fleet.chat()
    await fleet.settled(31)
    const told = await client.next(({ event }) => event === 'decision')
    expect(told.data).toMatchObject({ kind: 'decision', subject: 'a/sim-chat', data: { model: 'sim-chat', attempts: [{ outcome: 'ok' }] } })
    client.leave()
    await eventually(() => expect(fleet.events.wantsSamples).toBe(false))
    other.leave()
    const sampled = await listed(fleet, '?kind=decision&limit=100')
    expect(sampled.length).toBeGreaterThan(0)
    expect(sampled.map(({ data }) => Number((data as { of: number }).of)).reduce((sum, of) => sum + of, 0)).toBeLessThanOrEqual(30)
  })
})

describe('of the whole gateway', () => {
  it('each kind is told, with no secret in it', async () => {
    const canary = 'backend-canary-1'
    const { admin, token, api, chat, simulator, logged } = await startControlled(
      { a: { backend: { apiKey: canary } }, b: {} },
      {
        defaults: {
          breaker: { consecutive: 1, openFor: '1h', maxOpenFor: '1h' },
          retry: { attempts: 1 },
          limits: [{ by: 'key', algorithm: 'token-bucket', rate: '1/h', burst: 12 }],
        },
        auth: { keys: [{ name: 'ci', key: 'client-canary-2' }] },
      },
    )
    const stream = await openSse(`${admin}/admin/api/events`, { accept: 'text/event-stream', authorization: `Bearer ${token}` })
    const made = await api('POST', '/keys', { name: 'app' })
    await api('PATCH', '/defaults', { timeouts: { firstToken: '20s' } })
    const headers = { authorization: 'Bearer client-canary-2' }
    expect((await chat({}, { headers })).status).toBe(200)
    simulator('a').setFault('sim-chat', { name: 'status', status: 500 })
    for (let count = 0; count < 16; count += 1) await chat({}, { headers })
    await api('POST', '/instances/a/sim-chat/reset')
    await api('POST', '/instances/a/sim-chat/disable')
    await simulator('a').setDown(true)
    for (let count = 0; count < 3; count += 1) await api('POST', '/instances/a/sim-chat/probe')
    for (const kind of ['key', 'config', 'decision', 'breaker', 'limit', 'override', 'health'])
      await stream.next(({ event }) => event === kind)
    const limit = stream.events.find(({ event }) => event === 'limit')
    expect(limit?.data).toMatchObject({ subject: 'ci', severity: 'warning', data: { code: 'rate_limit_exceeded', requests: 1 } })
    expect(stream.events.filter(({ event }) => event === 'limit')).toHaveLength(1)
    const { text } = await api('GET', '/events?limit=500')
    expect(text).toContain('"started"')
    for (const secret of [canary, 'client-canary-2', String(made.json['key'])]) {
      expect(text + JSON.stringify(stream.events)).not.toContain(secret)
      expect(logged()).not.toContain(secret)
    }
    expect((await askApi(admin, 'DELETE /session', { as: token })).status).toBeLessThan(300)
    expect((await stream.next(({ event }) => event === 'end')).data).toEqual({ reason: 'signed_out' })
  })
})
