import { join } from 'node:path'
import type { StoreSettings } from '../config/snapshot.ts'
import type { Store } from './port.ts'
import { StoreError } from './store-error.ts'
import type { StoreLog } from './store-log.ts'

export interface OpenStoreOptions {
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly log?: StoreLog
  /** To look only, beside a gateway that runs: sqlite and file are taken as they are, without a lock and without a repair. */
  readonly readOnly?: boolean
}

/** Opens the store of the config; only its own kind is loaded. Rejects with a StoreError that says what is wrong and which setting it is about. */
export async function openStore({ type, path, url }: StoreSettings, { now, log, readOnly = false }: OpenStoreOptions): Promise<Store> {
  const options = { now, ...(log === undefined ? {} : { log }) }
  switch (type) {
    case 'memory':
      return new (await import('./memory-store.ts')).MemoryStore()
    case 'file':
      return (await import('./file/file-store.ts')).FileStore.open({ ...options, folder: join(path, 'store'), readOnly })
    case 'sqlite':
      return (await import('./sqlite/sqlite-store.ts')).openSqliteStore({ ...options, folder: path, readOnly })
    case 'postgres':
      if (url === undefined) throw new StoreError('unavailable', 'store.type is postgres, and there is no store.url')
      return (await import('./postgres/postgres-store.ts')).openPostgresStore({ ...options, url })
  }
}
