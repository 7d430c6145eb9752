import { describe, expect, it } from 'vitest'
import { chat } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { openRealtime, refusedRealtime, type Client } from '../support/realtime-client.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { startRealtime } from '../support/start-realtime.ts'

async function leave(client: Client): Promise<void> {
  client.socket.close(1000)
  await client.closed
}

describe('server.realtime.maxConnections', () => {
  it('bounds the sessions of all together: 503 with Retry-After beyond it, and a place for each that ends', async () => {
    const { url, backend, records, settled } = await startRealtime({}, { server: { realtime: { maxConnections: 2 } } })
    const clients = [await openRealtime(url), await openRealtime(url)]
    for (let count = 1; count <= 2; count += 1) {
      const refused = await refusedRealtime(url)
      expect([refused.status, refused.body]).toEqual([
        503,
        {
          error: {
            message: 'There are too many realtime sessions at the moment',
            type: 'service_unavailable_error',
            param: null,
            code: 'overloaded',
          },
        },
      ])
      expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
      expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(5)
    }
    for (const client of clients) await leave(client)
    await settled(4)
    await openRealtime(url)
    await openRealtime(url)
    expect((await refusedRealtime(url)).status).toBe(503)
    expect(backend.handshakes).toHaveLength(4)
    expect(records.map(({ status }) => status).toSorted()).toEqual([101, 101, 503, 503, 503])
  })

  it('counts neither who was refused nor who was not let in', async () => {
    const config = { auth: { keys: [{ name: 'app', key: 'a-key-of-the-test' }] }, server: { realtime: { maxConnections: 1 } } }
    const { url } = await startRealtime({}, config)
    const headers = { authorization: 'Bearer a-key-of-the-test' }
    for (let count = 0; count < 3; count += 1) {
      expect((await refusedRealtime(url)).status).toBe(401)
      expect((await refusedRealtime(url, { headers, path: '/v1/realtime?model=unknown' })).status).toBe(404)
    }
    await openRealtime(url, { headers })
    expect((await refusedRealtime(url, { headers })).status).toBe(503)
    expect((await refusedRealtime(url)).status).toBe(401)
  })
})

describe('maxConcurrency of a backend', () => {
  const config = { backend: { maxConcurrency: 1 }, defaults: { queue: { size: 0 } } }

  it('counts an open session, beside all other calls, as long as it is open', async () => {
    const { url, settled } = await startRealtime({}, config)
    const client = await openRealtime(url)
    const refused = await refusedRealtime(url)
    expect([refused.status, refused.headers['retry-after'], refused.body]).toMatchObject([503, '1', { error: { code: 'overloaded' } }])
    expect((await chat(url, { model: 'm' })).status).toBe(503)
    await leave(client)
    await settled(3)
    await openRealtime(url)
  })

  it('lets a session wait in the queue for one that ends', async () => {
    const { url, gateway, records, settled } = await startRealtime({}, { backend: { maxConcurrency: 1 } })
    const first = await openRealtime(url)
    const second = openRealtime(url)
    await eventually(async () => {
      const { samples } = await readMetrics(url)
      expect(samples.find(({ name }) => name === 'jairouter_queue_length')?.value).toBe(1)
    })
    await leave(first)
    const client = await second
    client.socket.send('x')
    await client.heard(1)
    expect(gateway.openLeases()).toBe(1)
    await leave(client)
    await settled(2)
    expect(records.map(({ queuedMs }) => queuedMs === undefined)).toEqual([true, false])
  })
})

describe('limits', () => {
  it('of requests count a session as one, and its answer says what is left', async () => {
    const limit = { algorithm: 'token-bucket' as const, rate: '1/h', burst: 2 }
    const { url, settled } = await startRealtime({}, { defaults: { limits: [limit] } })
    const first = await openRealtime(url)
    expect(first.headers).toMatchObject({ 'x-ratelimit-limit-requests': '2', 'x-ratelimit-remaining-requests': '1' })
    await leave(first)
    await leave(await openRealtime(url))
    await settled(2)
    const refused = await refusedRealtime(url)
    expect([refused.status, refused.body]).toMatchObject([429, { error: { code: 'rate_limit_exceeded' } }])
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(1_700)
  })

  it('of what goes on at the same time hold until the session ends', async () => {
    const limits = [{ algorithm: 'concurrency' as const, limit: 1 }]
    const { url, settled } = await startRealtime({}, { defaults: { limits } })
    const first = await openRealtime(url)
    expect((await refusedRealtime(url)).status).toBe(429)
    await leave(first)
    await settled(2)
    await openRealtime(url)
  })

  it('of a request that found no instance are given back', async () => {
    const limit = { algorithm: 'token-bucket' as const, rate: '1/h', burst: 1 }
    const { url } = await startRealtime({}, { backend: { type: 'ollama' }, defaults: { limits: [limit] } })
    expect((await refusedRealtime(url)).status).toBe(400)
    expect((await refusedRealtime(url)).status).toBe(400)
  })
})
