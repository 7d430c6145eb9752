import { join } from 'node:path'
import type { StoreSettings } from '../config/snapshot.ts'
import type { Store } from './port.ts'
import type { SqliteStoreOptions } from './sqlite/sqlite-store.ts'
import { StoreError } from './store-error.ts'
import type { StoreLog } from './store-log.ts'

export interface OpenStoreOptions {
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly log?: StoreLog
  /** To look only, beside a gateway that runs: sqlite and file are taken as they are, without a lock and without a repair. */
  readonly readOnly?: boolean
  /** While it is true, the store takes no memory of this process if it can be helped: each time that it is needed, it costs the start of another one. */
  readonly isApart?: () => boolean
}

/** Opens the store of the config; only its own kind is loaded. Rejects with a StoreError that says what is wrong and which setting it is about. */
export async function openStore(
  { type, path, url }: StoreSettings,
  { now, log, readOnly = false, isApart }: OpenStoreOptions,
): Promise<Store> {
  const options = { now, ...(log === undefined ? {} : { log }) }
  switch (type) {
    case 'memory':
      return new (await import('./memory-store.ts')).MemoryStore()
    case 'file':
      return (await import('./file/file-store.ts')).FileStore.open({ ...options, folder: join(path, 'store'), readOnly })
    case 'sqlite':
      return (await import('./sqlite/sqlite-store.ts')).openSqliteStore({
        ...options,
        ...(isApart === undefined ? {} : { startApart: await apartWhile(isApart) }),
        folder: path,
        readOnly,
      })
    case 'postgres':
      if (url === undefined) throw new StoreError('unavailable', 'store.type is postgres, and there is no store.url')
      return (await import('./postgres/postgres-store.ts')).openPostgresStore({ ...options, url })
  }
}

async function apartWhile(isApart: () => boolean): Promise<NonNullable<SqliteStoreOptions['startApart']>> {
  const { startProcess } = await import('./sqlite/start-process.ts')
  return (data) => (isApart() ? startProcess(data) : undefined)
}
