import { Kysely, PostgresDialect } from 'kysely'
import { Pool, type ClientConfig } from 'pg'
import type { Store } from '../port.ts'
import { KyselyRows } from '../sql/kysely-rows.ts'
import { migrate } from '../sql/migrate.ts'
import { RowsStore } from '../sql/rows-store.ts'
import type { StoreTables } from '../sql/schema.ts'
import type { SqlRows } from '../sql/sql-rows.ts'
import { SILENT, type StoreLog } from '../store-log.ts'
import { ChangeListener } from './change-listener.ts'
import { isLostConnection, postgresFault } from './postgres-fault.ts'

export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string
  readonly log?: StoreLog
}

/** Commits come one after the other anyway. */
const CONNECTIONS = 4
const CONNECT_MS = 5_000
const STATEMENT_MS = 15_000
/** Beyond the statement's own limit: for a server that is silent. */
const QUERY_MS = 20_000

/** PostgreSQL, for several replicas. The tables are made or brought up to date when it opens. */
export async function openPostgresStore({ url, log = SILENT }: PostgresStoreOptions): Promise<Store> {
  const connection: ClientConfig = {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: QUERY_MS,
    application_name: 'jairouter',
  }
  const pool = new Pool({ ...connection, max: CONNECTIONS, idleTimeoutMillis: 30_000, allowExitOnIdle: true })
  // An idle connection was lost: the pool makes another one when it is needed.
  pool.on('error', () => undefined)
  // One that is lost while it is in use says so to nobody else, and an error that nobody listens to ends the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const database = new Kysely<StoreTables>({ dialect: new PostgresDialect({ pool }) })
  const instance = crypto.randomUUID()
  const listener = new ChangeListener({ connection, instance, log })
  try {
    await migrate(database, 'postgres')
  } catch (error) {
    await database.destroy()
    throw postgresFault(error, 'open')
  }
  return new RowsStore({
    kind: 'postgres',
    rows: withFaults(new KyselyRows({ database, dialect: 'postgres', instance, isLost: isLostConnection, repeats: CONNECTIONS })),
    check: async () => [],
    onChange: (changed) => listener.onChange(changed),
    close: async () => {
      await listener.stop()
      await database.destroy()
    },
  })
}

function withFaults(rows: SqlRows): SqlRows {
  /** Asking again changes nothing; each connection that had died in the pool is found so once. */
  const read = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    for (let left = CONNECTIONS; ; left -= 1) {
      try {
        return await ask()
      } catch (error) {
        if (left === 0 || !isLostConnection(error)) throw postgresFault(error, 'read from')
      }
    }
  }
  return {
    commit: (writes) =>
      rows.commit(writes).catch((error: unknown) => {
        throw postgresFault(error, 'write to')
      }),
    get: (collection, id) => read(() => rows.get(collection, id)),
    list: (collection, query) => read(() => rows.list(collection, query)),
    read: (log, query) => read(() => rows.read(log, query)),
    extent: (log) => read(() => rows.extent(log)),
    counters: (prefix) => read(() => rows.counters(prefix)),
    contents: () => read(() => rows.contents()),
    number: () => read(() => rows.number()),
  }
}
