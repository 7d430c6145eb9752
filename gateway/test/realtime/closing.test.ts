import { describe, expect, it } from 'vitest'
import { startRealtimeBackend } from '../support/realtime-backend.ts'
import { openRealtime, type Client } from '../support/realtime-client.ts'
import type { Peer } from '../support/realtime-peer.ts'
import { startGateway } from '../support/start-gateway.ts'
import { realtimeEntry, startRealtime, type RealtimePair } from '../support/start-realtime.ts'

interface Open extends RealtimePair {
  readonly client: Client
  readonly session: Peer
}

async function open(...options: Parameters<typeof startRealtime>): Promise<Open> {
  const pair = await startRealtime(...options)
  const client = await openRealtime(pair.url)
  const session = await pair.backend.session()
  return { ...pair, client, session }
}

/** What the books say of the only session. */
async function booked({ settled, records, gateway }: Open) {
  await settled(1)
  expect(gateway.openLeases()).toBe(0)
  const [record] = records
  return { status: record?.status, code: record?.code, outcomes: record?.attempts.map(({ outcome }) => outcome) }
}

describe('a closing handshake', () => {
  it.each([
    [1000, 'done'],
    [1001, ''],
    [1011, 'Überlast'],
    [1013, 'try again later'],
    [3000, 'session_expired'],
    [4999, 'x'.repeat(123)],
  ])('of the backend is passed on with its code and reason: %i', async (code, reason) => {
    const opened = await open()
    opened.client.socket.send('x')
    await opened.client.heard(1)
    opened.session.socket.send('last words')
    opened.session.socket.close(code, reason)
    expect(await opened.client.closed).toEqual({ code, reason })
    expect(opened.client.messages.at(-1)?.data.toString()).toBe('last words')
    expect(await opened.session.closed).toEqual({ code, reason })
    expect(await booked(opened)).toEqual({ status: 101, code: undefined, outcomes: ['ok'] })
  })

  it.each([
    [1000, 'bye'],
    [1002, ''],
    [4000, 'a reason of its own'],
  ])('of the client is passed on with its code and reason: %i', async (code, reason) => {
    const opened = await open()
    opened.client.socket.send('last words')
    opened.client.socket.close(code, reason)
    expect(await opened.session.closed).toEqual({ code, reason })
    expect(opened.session.messages.map(({ data }) => data.toString())).toEqual(['last words'])
    expect(await opened.client.closed).toEqual({ code, reason })
    expect(await booked(opened)).toEqual({ status: 101, code: undefined, outcomes: ['ok'] })
  })

  it.each(['client', 'session'] as const)('without a code is passed on without one: of the %s', async (side) => {
    const opened = await open()
    opened[side].socket.close()
    expect(await Promise.all([opened.client.closed, opened.session.closed])).toEqual([
      { code: 1005, reason: '' },
      { code: 1005, reason: '' },
    ])
    expect(await booked(opened)).toEqual({ status: 101, code: undefined, outcomes: ['ok'] })
  })
})

describe('a broken connection', () => {
  it('to the backend is 1011 for the client', async () => {
    const opened = await open()
    opened.session.socket.terminate()
    expect(await opened.client.closed).toEqual({ code: 1011, reason: 'The model server closed the connection' })
    expect(await booked(opened)).toEqual({ status: 101, code: 'stream_interrupted', outcomes: ['reset'] })
  })

  it('to the backend counts against the instance, one to the client does not', async () => {
    const [one, two] = [await startRealtimeBackend(), await startRealtimeBackend()]
    const gateway = await startGateway({
      backends: [realtimeEntry('one', one.url), realtimeEntry('two', two.url)],
      defaults: { balance: 'round-robin', breaker: { consecutive: 1 } },
    })
    const clients = [await openRealtime(gateway.url), await openRealtime(gateway.url)]
    clients[0]?.socket.terminate()
    await gateway.settled(1)
    expect(gateway.logged()).not.toContain('circuit breaker')
    const broken = clients[1]?.headers['x-jairouter-backend'] === 'one' ? one : two
    for (const { socket } of broken.sessions) socket.terminate()
    await gateway.settled(2)
    const line = gateway
      .logged()
      .split('\n')
      .find((text) => text.includes('circuit breaker'))
    const instance = `${String(clients[1]?.headers['x-jairouter-backend'])}/m`
    expect(JSON.parse(line ?? '{}')).toMatchObject({ instance, from: 'closed', to: 'open', reason: 'consecutive' })
  })

  it('to the client closes the backend’s at once, with 1001', async () => {
    const opened = await open()
    opened.client.socket.terminate()
    expect(await opened.session.closed).toEqual({ code: 1001, reason: 'The client is gone' })
    expect(await booked(opened)).toEqual({ status: 101, code: 'client_closed', outcomes: ['client_closed'] })
  })

  it('to the client does not wait for a backend that reads nothing', async () => {
    const opened = await open()
    opened.session.socket.pause()
    opened.client.socket.terminate()
    expect(await booked(opened)).toEqual({ status: 101, code: 'client_closed', outcomes: ['client_closed'] })
  })
})

describe('silence', () => {
  it('in both directions for longer than the idle limit closes both with 1001', async () => {
    const opened = await open({}, { server: { realtime: { idle: '150ms' } } })
    const close = { code: 1001, reason: 'Nobody said anything for 150 ms (server.realtime.idle)' }
    expect(await Promise.all([opened.client.closed, opened.session.closed])).toEqual([close, close])
    expect(await booked(opened)).toEqual({ status: 101, code: 'session_idle', outcomes: ['timeout_idle'] })
    expect(opened.records[0]?.durationMs).toBeGreaterThanOrEqual(150)
  })

  it.each(['client', 'session'] as const)('is broken by a message of one side: the %s', async (side) => {
    const opened = await open({ onSession: () => {} }, { server: { realtime: { idle: '800ms' } } })
    const startedAt = performance.now()
    while (performance.now() - startedAt < 1_300) {
      const other = side === 'client' ? opened.session : opened.client
      const heard = other.messages.length
      opened[side].socket.send('still here')
      await other.heard(heard + 1)
    }
    expect(opened.records).toEqual([])
    opened[side].socket.close(1000)
    await opened.settled(1)
    expect(opened.records[0]?.code).toBeUndefined()
  })

  it('is not broken by pings', async () => {
    const opened = await open({}, { server: { realtime: { idle: '150ms' } } })
    const pinging = setInterval(() => opened.client.socket.ping(), 20)
    const { code } = await opened.client.closed
    clearInterval(pinging)
    expect(code).toBe(1001)
  })
})
