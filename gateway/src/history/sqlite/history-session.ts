import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { USAGE_DIMENSIONS, USAGE_SUMS } from '@jairouter/contract/management/history-names'
import { connect, dialectOver } from '../../store/sqlite/connect.ts'
import { putAside } from '../../store/sqlite/open-database.ts'
import { sqliteFault } from '../../store/sqlite/sqlite-fault.ts'
import type { WorkerData } from '../../store/sqlite/worker-protocol.ts'
import type { WorkerSession } from '../../store/sqlite/worker-server.ts'
import { StoreError } from '../../store/store-error.ts'
import type { StoreLog } from '../../store/store-log.ts'
import { EVENT_NAMES, type EventRow } from '../event-row.ts'
import { CONTENT_NAMES, REQUEST_NAMES } from '../history-row.ts'
import { rollUp } from '../roll-up.ts'
import { rollUpSeries } from '../series-roll-up.ts'
import {
  ADDED_SERIES,
  ADDED_SUMS,
  BATCHES,
  CONTENTS,
  EVENTS,
  quoted,
  REQUESTS,
  SERIES,
  SERIES_NAMES,
  USAGE,
  WORDS,
  type HistoryTables,
} from '../sql/history-tables.ts'
import { KyselyHistory } from '../sql/kysely-history.ts'
import { migrateHistory } from '../sql/migrate-history.ts'
import { cellsIn, type EntryCells } from '../packed-entries.ts'
import { HISTORY_DATABASE, summedOf, type HistoryMethods } from './history-protocol.ts'

const OWNER_ONLY_FOLDER = 0o700
/** Pages in memory: 16 MB, in which the edges of all indexes find room. */
const CACHE_KB = 16_384
/** Of the log, 32 MB: pages that every batch changes are written to the file itself now and then only. */
const CHECKPOINT_PAGES = 8_192
const TIME_AT = REQUEST_NAMES.indexOf('time')
const WORDS_AT = REQUEST_NAMES.indexOf('words')

/** The history's database while a worker has it open. */
export class HistorySession implements WorkerSession {
  readonly methods: HistoryMethods
  readonly #database: DatabaseSync
  readonly #statements: Statements
  readonly #file: string
  readonly #identity: string

  private constructor(file: string, database: DatabaseSync, kysely: Kysely<HistoryTables>) {
    this.#database = database
    this.#file = file
    this.#identity = identityOf(file)
    this.#statements = prepare(database)
    const history = new KyselyHistory(kysely, 'sqlite', () => performance.now())
    this.methods = {
      write: (id, packed, events) => Promise.resolve(this.#write(id, [...cellsIn(packed)], events)),
      page: (query) => history.page(query),
      find: (id, filter) => history.find(id, filter),
      content: (seq) => history.content(seq),
      facets: (query) => history.facets(query),
      histogram: (query) => history.histogram(query),
      usage: (query) => history.usage(query),
      series: (query) => history.series(query),
      events: (query) => history.events(query),
      trim: (query) => history.trim(query),
      close: () => kysely.destroy(),
    }
  }

  /** What is damaged is put aside and begun anew: the history is not worth a gateway that stands still. Throws what SQLite and the file system throw, and StoreErrors. */
  static async open({ folder }: WorkerData, log: Pick<StoreLog, 'warn'>): Promise<HistorySession> {
    mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER })
    const file = join(folder, HISTORY_DATABASE)
    try {
      return await HistorySession.#openFile(file)
    } catch (error) {
      const fault = sqliteFault(error, 'open', HISTORY_DATABASE)
      if (fault.kind !== 'damaged') throw fault
      const aside = putAside(folder, HISTORY_DATABASE)
      log.warn({ problem: fault.message, aside }, `${HISTORY_DATABASE} was damaged; it was put aside, and the call history begins anew`)
      return HistorySession.#openFile(file)
    }
  }

  static async #openFile(file: string): Promise<HistorySession> {
    const database = connect(file, 'normal')
    try {
      database.exec(`pragma cache_size = -${CACHE_KB}; pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}; pragma temp_store = memory`)
      const kysely = new Kysely<HistoryTables>({ dialect: dialectOver(database) })
      await migrateHistory(kysely, 'sqlite')
      return new HistorySession(file, database, kysely)
    } catch (error) {
      if (database.isOpen) database.close()
      throw error
    }
  }

  #write(id: string, entries: readonly EntryCells[], events: readonly EventRow[]): void {
    if (identityOf(this.#file) !== this.#identity)
      throw new StoreError('unavailable', `${HISTORY_DATABASE} in the folder of store.path is not the file that was opened`)
    this.#database.exec('begin immediate')
    try {
      this.#insert(id, entries, events)
      this.#database.exec('commit')
    } catch (error) {
      // After some errors SQLite has rolled back already.
      if (this.#database.isTransaction) this.#database.exec('rollback')
      throw error
    }
  }

  #insert(id: string, entries: readonly EntryCells[], events: readonly EventRow[]): void {
    const { batch, request, content, words, usage, series, event } = this.#statements
    const unpacked = entries.map(summedOf)
    const rows = unpacked.map(({ request: row }) => row)
    const newest = Math.max(newestOf(rows), newestOf(events))
    // It was written, and only the answer was lost.
    if (batch.run(id, newest).changes === 0n) return
    for (const [cells, attempts, contents] of entries) {
      const seq = request.run(...cells, JSON.stringify(attempts)).lastInsertRowid
      const said = cells[WORDS_AT]
      if (said !== '' && said !== undefined) words.run(seq, said)
      if (contents !== undefined) content.run(seq, cells[TIME_AT] ?? null, ...contents)
    }
    for (const sums of rollUp(rows))
      usage.run(sums.step, sums.start, ...USAGE_DIMENSIONS.map((name) => sums[name]), ...USAGE_SUMS.map((name) => sums[name]))
    for (const row of rollUpSeries(unpacked)) series.run(...SERIES_NAMES.map((name) => row[name]))
    for (const row of events) event.run(...EVENT_NAMES.map((name) => row[name]))
  }
}

function newestOf(rows: readonly { readonly time: number }[]): number {
  return rows.reduce((latest, { time }) => Math.max(latest, time), 0)
}

interface Statements {
  readonly batch: StatementSync
  readonly request: StatementSync
  readonly content: StatementSync
  readonly words: StatementSync
  readonly usage: StatementSync
  readonly series: StatementSync
  readonly event: StatementSync
}

function prepare(database: DatabaseSync): Statements {
  const insert = (table: string, names: readonly string[]) =>
    `insert into ${table} (${names.map(quoted).join(', ')}) values (${names.map(() => '?').join(', ')})`
  const statements = {
    batch: database.prepare(`${insert(BATCHES, ['id', 'time'])} on conflict do nothing`),
    request: database.prepare(insert(REQUESTS, [...REQUEST_NAMES, 'calls'])),
    content: database.prepare(insert(CONTENTS, ['seq', 'time', ...CONTENT_NAMES])),
    words: database.prepare(insert(WORDS, ['rowid', 'words'])),
    usage: database.prepare(
      `${insert(USAGE, ['step', 'start', ...USAGE_DIMENSIONS, ...USAGE_SUMS])} on conflict do update set ${ADDED_SUMS}`,
    ),
    series: database.prepare(`${insert(SERIES, SERIES_NAMES)} on conflict do update set ${ADDED_SERIES}`),
    event: database.prepare(insert(EVENTS, EVENT_NAMES)),
  }
  // The row id that FTS5 leaves behind when it forgets does not fit a number.
  for (const statement of Object.values(statements)) statement.setReadBigInts(true)
  return statements
}

function identityOf(file: string): string {
  if (!existsSync(file)) return ''
  const { ino, dev } = statSync(file)
  return `${dev} ${ino}`
}
