import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import { expect, it } from 'vitest'
import { ATTEMPT_COLUMNS } from '../../src/history/history-row.ts'
import { packEntries } from '../../src/history/packed-entries.ts'
import type { HistoryStore } from '../../src/history/port.ts'
import { DAYS_MS, randomEntries, START } from './random-entries.ts'

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

/** Brings a SQLite file back to the first version. */
export function goBackInFile(file: string): void {
  const database = new DatabaseSync(file)
  database.exec(
    toFirstVersion(
      (kind) => kind,
      (index) => `json_extract(made.value, '$[${index}]')`,
      'json_each(calls) as made',
    ),
  )
  database.close()
}

const POSTGRES_TYPES: Readonly<Record<string, string>> = { text: 'text', integer: 'bigint', real: 'double precision' }

/** Brings the tables of a PostgreSQL back to the first version. */
export async function goBackInPostgres(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(
    toFirstVersion(
      (kind) => POSTGRES_TYPES[kind] ?? '',
      (index, kind) => `(made ->> ${index})::${POSTGRES_TYPES[kind]}`,
      'json_array_elements(calls::json) as made',
    ),
  )
  await client.end()
}

interface HistoryOfBefore {
  readonly open: () => HistoryStore
  readonly goBack: () => Promise<void> | void
}

export function historyBefore(name: string, make: () => Promise<HistoryOfBefore>): void {
  it(`has tables of the first version brought up to date, and their rows and calls kept: ${name}`, async () => {
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
}
