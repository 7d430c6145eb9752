import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ATTEMPT_COLUMNS } from '../../src/history/history-row.ts'
import { packEntries } from '../../src/history/packed-entries.ts'
import type { HistoryStore } from '../../src/history/port.ts'
import { openPostgresHistory } from '../../src/history/postgres/postgres-history.ts'
import { openSqliteHistory } from '../../src/history/sqlite/sqlite-history.ts'
import { startPostgres, type PostgresServer } from '../store/postgres-server.ts'
import { DAYS_MS, randomEntries, START } from './random-entries.ts'

let server: PostgresServer
const folder = mkdtempSync(join(tmpdir(), 'jairouter-history-before-'))
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

/** The tables as the first version had them, with what is in them now. */
function toFirstVersion(typeOf: (kind: string) => string, valueAt: (index: number, kind: string) => string, calls: string): string {
  const columns = Object.entries(ATTEMPT_COLUMNS)
  return `
    create table jairouter_history_attempt (seq bigint, ${columns.map(([name, kind]) => `"${name}" ${typeOf(kind.replace('?', ''))}`).join(', ')}, primary key (seq, n));
    insert into jairouter_history_attempt select seq, ${columns.map(([, kind], index) => valueAt(index, kind.replace('?', ''))).join(', ')}
      from jairouter_history_request, ${calls};
    alter table jairouter_history_request drop column calls;
    drop table jairouter_history_series;
    drop table jairouter_history_event;
    drop table jairouter_history_content;
    update jairouter_history_meta set schema = 1;`
}

const HISTORIES: readonly (readonly [name: string, make: () => Promise<{ open: () => HistoryStore; goBack: () => Promise<void> }>])[] = [
  [
    'sqlite',
    () => {
      const path = mkdtempSync(join(folder, 'h-'))
      return Promise.resolve({
        open: () => openSqliteHistory({ folder: path, now: Date.now }),
        goBack() {
          const database = new DatabaseSync(join(path, 'history.db'))
          database.exec(
            toFirstVersion(
              (kind) => kind,
              (index) => `json_extract(made.value, '$[${index}]')`,
              'json_each(calls) as made',
            ),
          )
          database.close()
          return Promise.resolve()
        },
      })
    },
  ],
  [
    'postgres',
    async () => {
      const url = await server.createPlace()
      return {
        open: () => openPostgresHistory({ url }),
        async goBack() {
          const client = new Client({ connectionString: url })
          await client.connect()
          const types: Readonly<Record<string, string>> = { text: 'text', integer: 'bigint', real: 'double precision' }
          await client.query(
            toFirstVersion(
              (kind) => types[kind] ?? '',
              (index, kind) => `(made ->> ${index})::${types[kind]}`,
              'json_array_elements(calls::json) as made',
            ),
          )
          await client.end()
        },
      }
    },
  ],
]

describe('a history of the first version', () => {
  it.each(HISTORIES)('has its tables brought up to date, and its rows and their calls kept: %s', async (_name, make) => {
    const { open, goBack } = await make()
    const entries = randomEntries(40)
    expect(entries.filter(({ attempts }) => attempts.length > 1).length).toBeGreaterThan(5)
    const first = open()
    await first.write({ id: 'a', packed: packEntries(entries) })
    await first.close()
    await goBack()
    const second = open()
    await second.write({ id: 'b', packed: packEntries(randomEntries(2, 4)) })
    expect((await second.page({ filter: { terms: [] }, limit: 100, deadlineMs: 1_000 })).rows).toHaveLength(42)
    for (const { request, attempts } of entries) expect((await second.find(request.id))?.attempts).toEqual(attempts)
    const range = { from: START, to: START + DAYS_MS, only: {}, sums: [], times: false, limit: 1 }
    expect((await second.series({ by: [], of: 'day', ...range }))[0]?.sums.requests).toBe(2)
    await second.close()
  })
})
