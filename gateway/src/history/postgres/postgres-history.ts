import { performance } from 'node:perf_hooks'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import { USAGE_DIMENSIONS, USAGE_SUMS } from '@jairouter/contract/management/history-names'
import { postgresFault } from '../../store/postgres/postgres-fault.ts'
import { EVENT_NAMES } from '../event-row.ts'
import { CONTENT_NAMES, REQUEST_NAMES } from '../history-row.ts'
import { packAttempts, unpackEntries } from '../packed-entries.ts'
import type { HistoryBatch, HistoryStore } from '../port.ts'
import { rollUp } from '../roll-up.ts'
import { rollUpSeries, seriesName } from '../series-roll-up.ts'
import {
  ADDED_SERIES,
  ADDED_SUMS,
  BATCHES,
  CONTENTS,
  EVENTS,
  quoted,
  REQUESTS,
  SERIES,
  SERIES_KEY,
  SERIES_NAMES,
  USAGE,
  type HistoryTables,
} from '../sql/history-tables.ts'
import { FOLDING_LOCK } from '../sql/fold-series.ts'
import { KyselyHistory } from '../sql/kysely-history.ts'
import { migrateHistory } from '../sql/migrate-history.ts'

/** One writes, others look. */
const CONNECTIONS = 3
const CONNECT_MS = 5_000
const STATEMENT_MS = 30_000
const QUERY_MS = 35_000

/** Tables beside the store's, shared by all replicas; made when something is written or asked for the first time. */
export function openPostgresHistory({ url }: { readonly url: string }): HistoryStore {
  const pool = new Pool({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: QUERY_MS,
    application_name: 'jairouter-history',
    max: CONNECTIONS,
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
  })
  // Idle ones that are lost, and such as are lost in use: who uses them is told.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const database = new Kysely<HistoryTables>({ dialect: new PostgresDialect({ pool }) })
  const history = new KyselyHistory(database, 'postgres', () => performance.now())
  let ready: Promise<void> | undefined
  const make = async <Answer>(operation: string, ask: () => Promise<Answer>): Promise<Answer> => {
    try {
      ready ??= migrateHistory(database, 'postgres')
      await ready.catch((error: unknown) => {
        ready = undefined
        throw error
      })
      return await ask()
    } catch (error) {
      throw postgresFault(error, operation)
    }
  }
  return {
    kind: 'postgres',
    write: (batch) => make('write to', () => write(database, batch)),
    page: (query) => make('read from', () => history.page(query)),
    find: (id, filter) => make('read from', () => history.find(id, filter)),
    content: (seq) => make('read from', () => history.content(seq)),
    facets: (query) => make('read from', () => history.facets(query)),
    histogram: (query) => make('read from', () => history.histogram(query)),
    usage: (query) => make('read from', () => history.usage(query)),
    series: (query) => make('read from', () => history.series(query)),
    events: (query) => make('read from', () => history.events(query)),
    trim: (query) => make('write to', () => history.trim(query)),
    close: () => database.destroy(),
  }
}

function write(database: Kysely<HistoryTables>, { id, packed, events = [] }: HistoryBatch): Promise<void> {
  const entries = unpackEntries(packed)
  return database.transaction().execute(async (transaction) => {
    const newest = [...entries.map(({ request }) => request), ...events].reduce((latest, { time }) => Math.max(latest, time), 0)
    const begun = await transaction
      .insertInto(BATCHES)
      .values({ id, time: newest })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst()
    // It was written, and only the answer was lost.
    if (begun === undefined) return
    const numbers = await sql<{ seq: string }>`
      select nextval(pg_get_serial_sequence(${REQUESTS}, 'seq')) as seq from generate_series(1, ${entries.length}::int)`.execute(
      transaction,
    )
    const requests = entries.map(({ request, attempts }, index) => ({
      seq: numbers.rows[index]?.seq,
      ...request,
      calls: packAttempts(attempts),
    }))
    if (events.length > 0) await insertAll(EVENTS, EVENT_NAMES, events)
    if (entries.length === 0) return
    await insertAll(REQUESTS, ['seq', ...REQUEST_NAMES, 'calls'], requests)
    const contents = entries.flatMap(({ request, content }, index) =>
      content === undefined ? [] : [{ seq: numbers.rows[index]?.seq, time: request.time, ...content }],
    )
    if (contents.length > 0) await insertAll(CONTENTS, ['seq', 'time', ...CONTENT_NAMES], contents)
    const sums = inOrder(rollUp(entries.map(({ request }) => request)), (row) =>
      JSON.stringify([row.step, row.start, ...USAGE_DIMENSIONS.map((dimension) => row[dimension])]),
    )
    await insertAll(USAGE, ['step', 'start', ...USAGE_DIMENSIONS, ...USAGE_SUMS], sums, ` on conflict (${KEY}) do update set ${ADDED_SUMS}`)
    await sql`select pg_advisory_xact_lock_shared(${FOLDING_LOCK})`.execute(transaction)
    await insertAll(
      SERIES,
      SERIES_NAMES,
      inOrder(rollUpSeries(entries), seriesName),
      ` on conflict (${SERIES_KEY}) do update set ${ADDED_SERIES}`,
    )

    /** As one text, whatever their number. */
    async function insertAll(table: string, names: readonly string[], rows: readonly object[], more = ''): Promise<void> {
      const listed = names.map(quoted).join(', ')
      await sql`insert into ${sql.raw(`${table} (${listed}) select ${listed} from json_populate_recordset(null::${table}, `)}${JSON.stringify(rows)}::json)${sql.raw(more)}`.execute(
        transaction,
      )
    }
  })
}

/** Always in the same order, so that replicas wait for each other and never in a circle. */
function inOrder<Row>(rows: readonly Row[], nameOf: (row: Row) => string): readonly Row[] {
  return rows
    .map((row) => ({ row, name: nameOf(row) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ row }) => row)
}

const KEY = ['step', 'start', ...USAGE_DIMENSIONS].map(quoted).join(', ')
