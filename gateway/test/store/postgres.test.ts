import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Store, Write } from '../../src/store/port.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import { eventually } from '../support/eventually.ts'
import { startPostgres, type PostgresServer } from './postgres-server.ts'
import { storeContract } from './store-contract.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.stop(), 60_000)

const urls = new WeakMap<Store, string>()
const openStore = async (url?: string) => {
  const place = url ?? (await server.createPlace())
  const store = await openPostgresStore({ url: place })
  urls.set(store, place)
  return store
}

storeContract('postgres', {
  open: () => openStore(),
  reopen: async (store) => {
    await store.close()
    return openStore(urls.get(store))
  },
})

const put = (id: string, v: number, expected?: number): Write => ({
  kind: 'put',
  collection: 'things',
  id,
  body: { v },
  ...(expected === undefined ? {} : { expect: expected }),
})

async function opened(url: string): Promise<Store> {
  const store = await openPostgresStore({ url })
  onTestFinished(() => store.close())
  return store
}

async function run(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(text)
  await client.end()
}

describe('postgres between replicas', () => {
  it('loses no update, and starts from nothing in several at once', async () => {
    const url = await server.createPlace()
    const stores = await Promise.all([opened(url), opened(url), opened(url)])
    await stores[0]?.commit([put('a', 0)])
    const increase = async (store: Store): Promise<void> => {
      for (let done = 0; done < 10;) {
        const now = await store.get('things', 'a')
        try {
          await store.commit([put('a', Number(now?.body['v']) + 1, now?.revision ?? 0), { kind: 'append', log: 'log', time: 1, body: {} }])
          done += 1
        } catch (error) {
          expect(error).toMatchObject({ kind: 'conflict' })
        }
      }
    }
    await Promise.all(stores.map(increase))
    expect([(await stores[0]?.get('things', 'a'))?.body, (await stores[0]?.extent('log'))?.last]).toEqual([{ v: 30 }, 30])
  })

  it('tells of what another one commits, not of what one does oneself', async () => {
    const url = await server.createPlace()
    const [one, other] = [await opened(url), await opened(url)]
    const heard = { one: 0, other: 0 }
    one.onChange(() => void (heard.one += 1))
    other.onChange(() => void (heard.other += 1))
    // Each is told once when it listens: what was committed since it was opened, nobody else could tell.
    await eventually(() => expect(heard).toEqual({ one: 1, other: 1 }))
    await one.commit([put('a', 1)])
    await eventually(() => expect(heard.other).toBe(2))
    expect(heard.one).toBe(1)
    await other.commit([put('a', 2)])
    await eventually(() => expect(heard.one).toBe(2))
    expect(heard.other).toBe(2)
  })
})

describe('a fault of postgres', () => {
  it('of the server being gone is told, and over when it is back; what was missed is told once', { timeout: 60_000 }, async () => {
    const url = await server.createPlace()
    const [store, other] = [await opened(url), await opened(url)]
    let heard = 0
    store.onChange(() => void (heard += 1))
    await eventually(async () => {
      await other.commit([put('a', 1)])
      expect(heard).toBeGreaterThan(0)
    })
    await server.kill()
    await expect(store.commit([put('a', 2)])).rejects.toMatchObject({
      name: 'StoreError',
      kind: 'unavailable',
      message: expect.stringContaining('store.url'),
    })
    await expect(store.get('things', 'a')).rejects.toMatchObject({ kind: 'unavailable' })
    const before = heard
    await server.start()
    await eventually(() => expect(heard).toBeGreaterThan(before))
    await store.commit([put('b', 3)])
    expect([(await store.get('things', 'a'))?.body, (await store.get('things', 'b'))?.body]).toEqual([{ v: 1 }, { v: 3 }])
  })

  it('of a connection that is cut in a commit leaves all of it or nothing', async () => {
    const url = await server.createPlace()
    const store = await opened(url)
    for (let v = 1; v <= 5; v += 1) {
      const under = store.commit([put('a', v), put('b', v), { kind: 'add', counter: 'n', amount: 1 }]).catch((error: unknown) => error)
      await run(url, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'jairouter'")
      const result = await under
      if (typeof result !== 'number') expect(result).toMatchObject({ name: 'StoreError', kind: 'unavailable' })
      const [a, b] = [(await store.get('things', 'a'))?.body, (await store.get('things', 'b'))?.body]
      expect(a).toEqual(b)
      expect((await store.counters('')).get('n') ?? 0).toBeLessThanOrEqual(v)
      if (typeof result === 'number') expect(a).toEqual({ v })
    }
    await store.commit([put('a', 9), put('b', 9)])
    expect((await store.get('things', 'b'))?.body).toEqual({ v: 9 })
  })

  it('of a server that cannot be reached, or a place that is not there, names the setting and no password', async () => {
    const port = await closedPort()
    const url = new URL(await server.createPlace())
    for (const address of [
      `postgres://u:canary-password@127.0.0.1:${port}/d`,
      `postgres://postgres:canary-password@${url.host}/not-there`,
    ]) {
      const refusal = await openPostgresStore({ url: address }).catch((error: unknown) => error)
      expect(refusal).toMatchObject({ name: 'StoreError', kind: 'unavailable', message: expect.stringContaining('store.url') })
      expect(String(refusal)).not.toContain('canary')
    }
  })

  it('of a schema that is newer is told by its name', async () => {
    const url = await server.createPlace()
    await (await openPostgresStore({ url })).close()
    await run(url, 'update jairouter_meta set schema = 99')
    await expect(openPostgresStore({ url })).rejects.toMatchObject({ kind: 'newer', message: expect.stringContaining('schema 99') })
  })

  it('of rows that are not what was written is told', async () => {
    const url = await server.createPlace()
    const store = await opened(url)
    await store.commit([put('a', 1), { kind: 'add', counter: 'n', amount: 1 }])
    await run(url, `update jairouter_document set body = '{"v":2}'; update jairouter_counter set value = 7`)
    await expect(store.get('things', 'a')).rejects.toMatchObject({ kind: 'damaged' })
    await expect(store.counters('')).rejects.toMatchObject({ kind: 'damaged' })
  })
})

async function closedPort(): Promise<number> {
  const listening: Server = createServer().listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const address = listening.address()
  listening.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
