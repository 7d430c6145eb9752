import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { openSse, type SseClient, type SseEvent } from '../support/sse-client.ts'
import { startLive, type LiveFleet } from '../support/start-live.ts'

const A = 'a/sim-chat'

function open(fleet: LiveFleet, topics: string, headers: Record<string, string> = {}): Promise<SseClient> {
  return openSse(`${fleet.admin}/stream?topics=${encodeURIComponent(topics)}`, headers)
}

const is =
  (event: string, topic: string, more: (event: SseEvent) => boolean = () => true) =>
  (one: SseEvent) =>
    one.event === event && one.data.topic === topic && more(one)

const holds = (text: string) => (event: SseEvent) => JSON.stringify(event.data).includes(text)

async function closeAll(fleet: LiveFleet, ...clients: SseClient[]): Promise<void> {
  for (const client of clients) client.leave()
  await eventually(async () => expect((await open(fleet, 'overview', { 'x-session': 'last' })).status).toBe(200))
}

describe('the stream', () => {
  it('begins each topic with its snapshot, and goes on with what changes', async () => {
    const fleet = await startLive({ a: {}, b: {} })
    const client = await open(fleet, `overview,instances,instance:${A},config,audit,jobs`)
    expect(client).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
    })
    expect((await client.next(({ event }) => event === 'open')).data.stream).toMatch(/^[\w-]{36}$/)
    for (const topic of ['overview', 'instances', `instance:${A}`, 'config', 'audit', 'jobs']) {
      const snapshot = await client.next(is('snapshot', topic))
      const first = client.events.find(({ data }) => data.topic === topic)
      expect(first).toBe(snapshot)
    }
    await fleet.chat()
    await client.next(is('delta', 'overview', holds('"requests":1')))
    await fleet.call('POST', `/instances/${A}/drain`)
    const change = await client.next(is('delta', 'instances', holds('draining')))
    // The chat may have gone to the other one, which has changed then, too.
    const drained: unknown = expect.objectContaining({ id: A, available: false, barredBy: 'override' })
    expect(change.data.data).toMatchObject({ changed: expect.arrayContaining([drained]), removed: [] })
    await client.next(is('delta', `instance:${A}`, holds('draining')))
    await client.next(is('delta', 'jobs', holds('"state":"done"')))
    expect((await client.next(is('delta', 'audit'))).data.data).toMatchObject({ entries: [{ action: 'instance.drain', by: 'admin' }] })
    fleet.apply({ ...fleet.config, backends: fleet.config.backends.slice(1) })
    expect((await client.next(is('delta', 'config'))).data).toMatchObject({ type: 'in-force', data: { backends: 1 } })
    await client.next(is('delta', 'instances', holds(`"removed":["${A}"`)))
    expect(client.events.filter(({ event }) => event === 'gap')).toEqual([])
  })

  it('tells nothing twice and forgets nothing when it is resumed', async () => {
    const fleet = await startLive({ a: {} })
    const first = await open(fleet, 'config,jobs,overview')
    fleet.events.publish('config', 'in-force', { generation: 100 })
    await first.next(is('delta', 'config', holds('100')))
    await first.next(is('snapshot', 'overview'))
    const token = first.lastId() ?? ''
    first.leave()
    await first.ended
    fleet.events.publish('config', 'in-force', { generation: 101 })
    fleet.events.publish('jobs', 'job', { id: 'job-102' })
    const second = await open(fleet, 'config,jobs,overview', { 'last-event-id': token })
    await second.next(is('delta', 'jobs', holds('job-102')))
    await second.next(is('snapshot', 'overview'))
    const told = second.events.filter(({ data }) => data.topic !== 'overview' && data.topic !== undefined)
    expect(told.map(({ event, data }) => `${event} ${data.topic}`)).toEqual(['delta config', 'delta jobs'])
    expect(told[0]?.data.data).toEqual({ generation: 101 })
  })

  it.each(['elsewhere.17', 'nonsense', 'x.y.z'])('says where something may be lost: resumed by %s', async (token) => {
    const fleet = await startLive({ a: {} })
    const client = await open(fleet, 'config,jobs', { 'last-event-id': token })
    await client.next(is('snapshot', 'jobs'))
    expect(client.events.map(({ event, data }) => `${event} ${data.topic ?? ''}`)).toEqual([
      'open ',
      'gap config',
      'snapshot config',
      'gap jobs',
      'snapshot jobs',
    ])
  })

  it('says so when what was missed is forgotten', async () => {
    const fleet = await startLive({ a: {} })
    const first = await open(fleet, 'config')
    await first.next(is('snapshot', 'config'))
    const token = first.lastId() ?? ''
    first.leave()
    for (let count = 0; count < 1_001; count += 1) fleet.events.publish('config', 'in-force', { count })
    const second = await open(fleet, 'config', { 'last-event-id': token })
    await second.next(is('snapshot', 'config'))
    expect(second.events.map(({ event }) => event)).toEqual(['open', 'gap', 'snapshot'])
  })

  it('holds a bounded part of what a slow reader has not taken, and says what was lost', async () => {
    const fleet = await startLive({ a: {} })
    const client = await open(fleet, 'config,overview')
    await client.next(is('snapshot', 'config'))
    client.pause()
    const padding = 'x'.repeat(20_000)
    for (let count = 0; count < 20_000; count += 1) fleet.events.publish('config', 'in-force', { count, padding: `${padding}${count}` })
    client.resume()
    await client.next(is('gap', 'config'))
    fleet.events.publish('config', 'in-force', { count: 'the last' })
    await client.next(is('delta', 'config', holds('the last')))
    const gap = client.events.findIndex(is('gap', 'config'))
    expect(client.events[gap + 1]).toMatchObject({ event: 'snapshot', data: { topic: 'config' } })
    // What the sockets hold, and what may wait; the rest of 20,000 is not told.
    expect(client.events.length).toBeLessThan(10_000)
  })

  it('is had four times by a session at most', async () => {
    const fleet = await startLive({ a: {} })
    const clients = await Promise.all([1, 2, 3, 4].map(() => open(fleet, 'overview')))
    expect(clients.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect((await open(fleet, 'overview')).status).toBe(429)
    expect((await open(fleet, 'overview', { 'x-session': 's-2' })).status).toBe(200)
    clients[0]?.leave()
    await eventually(async () => expect((await open(fleet, 'overview')).status).toBe(200))
    await closeAll(fleet, ...clients)
  })

  it('ends when its session does, and no other with it', async () => {
    const fleet = await startLive({ a: {} })
    const ended = await open(fleet, 'overview')
    const other = await open(fleet, 'config', { 'x-session': 's-2' })
    fleet.control.endStreamsOf('s-1')
    expect((await ended.next(({ event }) => event === 'end')).data).toEqual({ reason: 'signed_out' })
    await ended.ended
    fleet.events.publish('config', 'in-force', 'still there')
    await other.next(is('delta', 'config', holds('still there')))
  })

  it('ends when the role does not allow its topics any more', async () => {
    const fleet = await startLive({ a: {} })
    const operator = { 'x-role': 'operator' }
    const audit = await open(fleet, 'overview,audit', operator)
    const overview = await open(fleet, 'overview', operator)
    fleet.control.roleChanged('u-operator', 'viewer')
    expect((await audit.next(({ event }) => event === 'end')).data).toEqual({ reason: 'permission_denied' })
    await overview.next(is('snapshot', 'overview'))
    expect(overview.events.some(({ event }) => event === 'end')).toBe(false)
    fleet.control.roleChanged('u-operator', undefined)
    await overview.next(({ event }) => event === 'end')
  })

  it('shows a role what it may see, and knows its topics', async () => {
    const fleet = await startLive({ a: {} })
    expect((await open(fleet, 'overview,audit', { 'x-role': 'viewer' })).status).toBe(403)
    expect((await open(fleet, 'overview', { 'x-role': 'developer' })).status).toBe(403)
    expect((await open(fleet, 'secrets')).status).toBe(400)
    expect((await open(fleet, 'instance:nobody/x')).status).toBe(400)
    expect((await open(fleet, '')).status).toBe(400)
  })

  it('takes other topics while it is open, from its own session alone', async () => {
    const fleet = await startLive({ a: {} })
    const client = await open(fleet, 'overview')
    const { stream = '' } = (await client.next(({ event }) => event === 'open')).data
    const put = (topics: readonly string[], session = 's-1', role = 'admin') =>
      fetch(`${fleet.admin}/stream/${stream}/topics`, {
        method: 'PUT',
        headers: { 'x-session': session, 'x-role': role },
        body: JSON.stringify({ topics }),
      })
    expect((await put(['config'], 's-2')).status).toBe(404)
    expect((await put(['audit'], 's-1', 'viewer')).status).toBe(403)
    expect((await put(['config', 'instances'])).status).toBe(204)
    await client.next(is('snapshot', 'config'))
    await client.next(is('snapshot', 'instances'))
    const count = client.events.filter(({ data }) => data.topic === 'overview').length
    await fleet.chat()
    await client.next(is('delta', 'instances'))
    expect(client.events.filter(({ data }) => data.topic === 'overview').length).toBe(count)
  })
})
