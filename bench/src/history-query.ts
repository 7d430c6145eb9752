/**
 * How long the usual questions to a large call history take: `node bench/src/history-query.ts [ROWS]`. Fills a SQLite
 * history in a temporary folder and says for each question the slowest of three tries, its CPU time (which a busy machine leaves alone),
 * and what was found.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { FACET_FIELDS, HISTORY_FIELDS, HISTORY_FLAGS } from '../../contract/src/management/history-names.ts'
import { SERIES_SUMS } from '../../contract/src/management/series-names.ts'
import { parseQuery } from '../../contract/src/management/query.ts'
import { REQUEST_COLUMNS } from '../../gateway/src/history/history-row.ts'
import type { HistoryFilter, SeriesQuery } from '../../gateway/src/history/port.ts'
import { FINER_KEPT_MS, SERIES_STEP_MS, SERIES_STEPS } from '../../gateway/src/history/series-roll-up.ts'
import {
  indexStatements,
  quoted,
  REQUESTS,
  SERIES as SERIES_TABLE,
  SERIES_NAMES,
  WORDS,
} from '../../gateway/src/history/sql/history-tables.ts'
import { openSqliteHistory } from '../../gateway/src/history/sqlite/sqlite-history.ts'
import { timeClass } from '../../gateway/src/lib/log-histogram.ts'

const rows = Number(process.argv[2] ?? 5_000_000)
const END = Date.UTC(2026, 9, 1)
/** Thirty days. */
const SPAN_MS = 2_592_000_000
const BOUND_MS = 300
const TRIES = 3

const HOUR_MS = SERIES_STEP_MS.hour
const SUMS: Readonly<Record<string, string>> = {
  requests: '1',
  upstream: 'case when status >= 500 then 1 else 0 end',
  limited: 'case when status = 429 then 1 else 0 end',
  judged: '1',
  succeeded: 'case when status < 400 then 1 else 0 end',
  in: '"in"',
  out: '"out"',
  total: 'total',
  cost: 'cost',
  ms: 'cast(round(ms) as integer)',
  firsts: '1',
  firstMs: 'cast(round(firstMs) as integer)',
}

const folder = mkdtempSync(join(tmpdir(), 'jairouter-history-query-'))
const store = openSqliteHistory({ folder, now: Date.now, idleMs: 3_600_000 })
await store.usage({ by: [], of: 'day', only: {}, limit: 1 })
fill()
console.log(`${rows} rows, ${Math.round(statSync(join(folder, 'history.db')).size / 1e6)} MB`)

const LISTS = [
  '',
  'model:model-3',
  'model:model-3 status>=500',
  'key:key-7 flag:error',
  'status>=500',
  'status:429',
  'code:upstream_timeout backend:gpu-2',
  'user:user-5 -status:200',
  'id:row-4000001',
  'model:nowhere',
  'econnrefused',
  'econnrefused 77 model:model-3',
  'flag:slow',
  'ms>1999 total>1490',
  'model:model-3 ms>1999.9',
  'client:10.0.0.77 firstMs>100',
  'asked:nobody',
]
for (const q of LISTS) {
  await time(`list ${q}`, async () => {
    const page = await store.page({ filter: filterOf(q), limit: 50, deadlineMs: 250 })
    return `${page.rows.length} rows${page.partial ? ', partial' : ''}`
  })
}
for (const q of ['', 'model:model-3', 'status>=500', 'econnrefused']) {
  await time(`facets ${q}`, async () => {
    const { rate } = await store.facets({ filter: filterOf(q), fields: FACET_FIELDS, mostRows: 12_500 })
    return `of ${(100 * rate).toFixed(1)} %`
  })
  await time(`histogram ${q}`, async () => {
    const query = { filter: filterOf(q), from: END - SPAN_MS, to: END, buckets: 60, mostRows: 100_000 }
    return `of ${(100 * (await store.histogram(query)).rate).toFixed(1)} %`
  })
}
const SERIES: readonly (readonly [name: string, query: Partial<SeriesQuery>])[] = [
  ['2 h by minute, model, times', { of: 'minute', by: ['model'], widthMs: 60_000, from: END - 2 * HOUR_MS, limit: 20 * 120 }],
  [
    '1 d by quarter, instance, times',
    { of: 'quarter', by: ['backend', 'sent'], widthMs: 900_000, from: END - 24 * HOUR_MS, limit: 20 * 96 },
  ],
  ['5 d by hour, model, times', { of: 'hour', by: ['model'], widthMs: HOUR_MS, from: END - 120 * HOUR_MS, limit: 20 * 120 }],
  ['5 d by hour, no times', { of: 'hour', widthMs: HOUR_MS, from: END - 120 * HOUR_MS, times: false, limit: 120 }],
  ['30 d by day, model, times', { of: 'day', by: ['model'], widthMs: 24 * HOUR_MS, limit: 20 * 30 }],
  ['statistics of 30 d', { of: 'day', by: ['backend', 'sent'], sums: SERIES_SUMS }],
  ['statistics of 1 d', { of: 'quarter', by: ['model'], from: END - 24 * HOUR_MS, sums: SERIES_SUMS }],
]
for (const [name, query] of SERIES) {
  await time(`series ${name}`, async () => {
    const groups = await store.series({
      by: [],
      of: 'day',
      from: END - SPAN_MS,
      to: END,
      only: {},
      sums: [],
      times: true,
      limit: 10_000,
      ...query,
    })
    return `${groups.length} groups, ${groups.reduce((sum, { sums }) => sum + sums.requests, 0)} requests`
  })
}
await store.close()
rmSync(folder, { recursive: true, force: true })

async function time(name: string, ask: () => Promise<string>): Promise<void> {
  let worst = 0
  let cpu = 0
  let told = ''
  for (let round = 0; round < TRIES; round += 1) {
    const from = performance.now()
    const before = process.cpuUsage()
    told = await ask()
    const { user, system } = process.cpuUsage(before)
    worst = Math.max(worst, performance.now() - from)
    cpu = Math.max(cpu, (user + system) / 1_000)
  }
  const times = `${worst.toFixed(0).padStart(6)} ms ${cpu.toFixed(0).padStart(5)} ms CPU`
  console.log(`${worst <= BOUND_MS ? '  ' : '! '}${times}  ${name.trim().padEnd(40)} ${told}`)
}

function filterOf(q: string): HistoryFilter {
  const parsed = parseQuery(q, { fields: HISTORY_FIELDS, flags: HISTORY_FLAGS })
  if ('problem' in parsed) throw new Error(parsed.problem.message)
  return { terms: parsed.terms }
}

/** In SQL alone, and the indexes afterwards. */
function fill(): void {
  const database = new DatabaseSync(join(folder, 'history.db'))
  database.exec('pragma synchronous = off; pragma cache_size = -262144; pragma temp_store = memory')
  for (const statement of indexStatements()) database.exec(`drop index ${/index (\S+)/.exec(statement)?.[1] ?? ''}`)
  const any = (count: number) => `abs(random() % ${count})`
  const failed = `(n % 20 = 0)`
  const values: Readonly<Record<string, string>> = {
    id: `'row-' || n`,
    time: `${END - SPAN_MS} + cast(n * ${SPAN_MS / rows} as integer) - ${any(2_000)}`,
    key: `'key-' || ${any(50)}`,
    user: `case when n % 3 = 0 then 'user-' || ${any(30)} else '' end`,
    client: `'10.0.0.' || ${any(250)}`,
    dialect: `'openai'`,
    endpoint: `'chat'`,
    service: `'chat'`,
    model: `'model-' || ${any(20)}`,
    asked: `'model'`,
    backend: `'gpu-' || ${any(8)}`,
    status: `case when ${failed} then 500 + ${any(5)} when n % 97 = 0 then 429 else 200 end`,
    code: `case when ${failed} then case when n % 40 = 0 then 'upstream_timeout' else 'upstream_error' end when n % 97 = 0 then 'rate_limit_exceeded' else '' end`,
    flags: `case when ${failed} then 1 when n % 997 = 0 then 2 when n % 2 = 0 then 256 else 0 end`,
    attempts: '1',
    ms: `${any(2_000_000)} / 1000.0`,
    firstMs: `${any(120_000)} / 1000.0`,
    in: '800',
    out: any(500),
    total: any(1_500),
    cost: any(1_000_000),
    currency: `'USD'`,
    error: `case when ${failed} then 'connect ECONNREFUSED ' || (n % 100) else '' end`,
    words: `case when ${failed} then ' connect econnrefused ' || (n % 100) || ' ' else '' end`,
  }
  const names = Object.keys(REQUEST_COLUMNS)
  const cells = names.map((name) => values[name] ?? (kindOf(name) === 'text' ? `''` : kindOf(name).endsWith('?') ? 'null' : '0'))
  const started = performance.now()
  database.exec(
    `insert into ${REQUESTS} (seq, ${names.map(quoted).join(', ')})
     with recursive counted(n) as (values (1) union all select n + 1 from counted where n < ${rows})
     select n, ${cells.join(', ')} from counted`,
  )
  for (const statement of indexStatements()) database.exec(statement)
  database.exec(`insert into ${WORDS} (rowid, words) select seq, words from ${REQUESTS} where words <> ''`)
  fillSeries(database)
  database.exec('pragma wal_checkpoint(truncate)')
  database.close()
  console.log(`filled in ${Math.round((performance.now() - started) / 1_000)} s`)
}

/** As if the rows had been written one by one; all steps over the whole time, of which a gateway keeps the last part of the finer ones. */
function fillSeries(database: DatabaseSync): void {
  database.function('time_class', { deterministic: true }, (ms) => timeClass(Number(ms)))
  const sums = SERIES_SUMS.map((name) => SUMS[name] ?? '0')
  for (const step of SERIES_STEPS) {
    const width = SERIES_STEP_MS[step]
    const since = END - (step === 'minute' || step === 'quarter' ? FINER_KEPT_MS[step] : SPAN_MS)
    database.exec(
      `insert into ${SERIES_TABLE} (${SERIES_NAMES.map(quoted).join(', ')})
       select '${step}', time - time % ${width}, service, model, backend, sent, time_class(ms) as c, ${sums.map((sum) => `sum(${sum})`).join(', ')}
       from ${REQUESTS} where time >= ${since} group by 2, 3, 4, 5, 6, c`,
    )
  }
  const { count } = { ...database.prepare(`select count(*) as count from ${SERIES_TABLE}`).get() }
  console.log(`${Number(count)} rows of series`)
}

function kindOf(name: string): string {
  return REQUEST_COLUMNS[name as keyof typeof REQUEST_COLUMNS]
}
