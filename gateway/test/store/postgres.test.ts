import { afterAll, beforeAll } from 'vitest'
import type { Store } from '../../src/store/port.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import { startPostgres, type PostgresServer } from './postgres-server.ts'
import { storeContract } from './store-contract.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(async () => {
  await server.stop()
})

const urls = new WeakMap<Store, string>()
const openStore = async (url?: string) => {
  const database = url ?? (await server.createPlace())
  const store = await openPostgresStore({ url: database })
  urls.set(store, database)
  return store
}

storeContract('postgres', {
  open: () => openStore(),
  reopen: async (store) => {
    await store.close()
    return openStore(urls.get(store))
  },
})
