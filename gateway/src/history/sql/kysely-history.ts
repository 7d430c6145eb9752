import { sql, type Kysely } from 'kysely'
import { FACET_FIELDS, type FacetField, USAGE_DIMENSIONS, USAGE_SUMS, type UsageSums } from '@jairouter/contract/management/history-names'
import { SERIES_DIMENSIONS, SERIES_SUMS } from '@jairouter/contract/management/series-names'
import { EVENT_COLUMNS, type StoredEvent } from '../event-row.ts'
import { CONTENT_COLUMNS, type StoredContent, type StoredRow } from '../history-row.ts'
import { facetValues } from '../memory-history.ts'
import { attemptsIn } from '../packed-entries.ts'
import type {
  EventQuery,
  FacetQuery,
  Facets,
  Histogram,
  HistogramQuery,
  HistoryFilter,
  HistoryStore,
  Page,
  PageQuery,
  Place,
  SeriesGroup,
  SeriesQuery,
  TrimQuery,
  UsageGroup,
  UsageQuery,
} from '../port.ts'
import { HOUR_MS, STEP_MS } from '../roll-up.ts'
import { FRESH, noSeries, SERIES_STEPS } from '../series-roll-up.ts'
import { allOf, anyOf, conditionOf, matchOf } from './condition.ts'
import { BATCHES, CONTENTS, EVENTS, REQUESTS, SERIES, USAGE, WORDS, type HistoryTables, type SqlDialect } from './history-tables.ts'
import { foldSeries } from './fold-series.ts'
import { scaleOf, slicesOf, type Slice } from './slices.ts'
import { requestFrom, typed } from './typed-rows.ts'

/** Rows that a page looks at in one go; each time more, up to the last of these. */
const FIRST_WINDOW = 20_000
const LAST_WINDOW = 40_000
const FACET_SLICES = 40
/** Rows with some words that are looked at one by one; of more, some will be met soon enough. */
const RARE = 5_000
/** Rows that are forgotten in one go. */
const MOST_TRIMMED = 5_000
/** Of what happened to the gateway. */
const MOST_EVENTS = 100_000
/** Values in one statement. */
const CHUNK = 500

/** What is asked of the history in SQL, the same for both databases. Errors are the driver's. */
export class KyselyHistory implements Omit<HistoryStore, 'kind' | 'write' | 'close'> {
  readonly #database: Kysely<HistoryTables>
  readonly #dialect: SqlDialect
  /** Monotonic milliseconds. */
  readonly #now: () => number

  constructor(database: Kysely<HistoryTables>, dialect: SqlDialect, now: () => number) {
    this.#database = database
    this.#dialect = dialect
    this.#now = now
  }

  /** Goes back in time window by window, so that a filter that lets hardly anything pass is noticed in time. */
  async page({ filter, before, limit, deadlineMs }: PageQuery): Promise<Page> {
    const startedAt = this.#now()
    const rare = await this.#rare(filter)
    const condition = allOf([conditionOf(filter, this.#dialect), ...(rare === undefined ? [] : [rare])])
    const rows: StoredRow[] = []
    let upper = before
    for (let window = FIRST_WINDOW; ; window = Math.min(LAST_WINDOW, 2 * window)) {
      const lower = rare === undefined ? await this.#lowerOf(upper, filter, window) : undefined
      rows.push(...(await this.#between({ condition, upper, lower, limit: limit + 1 - rows.length })))
      if (rows.length > limit) {
        const kept = rows.slice(0, limit)
        const last = kept.at(-1)
        return { rows: kept, partial: false, ...(last === undefined ? {} : { next: { time: last.time, seq: last.seq } }) }
      }
      if (lower === undefined) return { rows, partial: false }
      upper = { time: lower, seq: 0 }
      if (this.#now() - startedAt >= deadlineMs) return { rows, partial: true, next: upper }
    }
  }

  async find(id: string, filter: HistoryFilter = { terms: [] }) {
    const found = await this.#database
      .selectFrom(REQUESTS)
      .selectAll()
      .where('id', '=', id)
      .where(conditionOf(filter, this.#dialect))
      .orderBy('time', 'desc')
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (found === undefined) return undefined
    return { request: requestFrom(found), attempts: attemptsIn(found.calls) }
  }

  async content(seq: number): Promise<StoredContent | undefined> {
    const found = await this.#database.selectFrom(CONTENTS).selectAll().where('seq', '=', seq).executeTakeFirst()
    return found === undefined ? undefined : ({ ...typed(found, CONTENT_COLUMNS), time: Number(found.time) } as StoredContent)
  }

  async facets({ filter, fields, mostRows }: FacetQuery): Promise<Facets> {
    const counts = new Map(fields.map((field): [FacetField, Map<string, number>] => [field, new Map()]))
    const columns = FACET_FIELDS.filter((field) => fields.includes(field)).map((field) => (field === 'flag' ? 'flags' : field))
    const rare = await this.#rare(filter)
    const { slices, rate } = rare === undefined ? await this.#slices(filter, FACET_SLICES, mostRows) : WHOLE
    for (const slice of slices) {
      const groups = await this.#database
        .selectFrom(REQUESTS)
        .select(columns)
        .select(sql<number | string>`count(*)`.as('number'))
        .where(this.#within(filter, slice))
        .where(rare ?? partOf(slice))
        .groupBy(columns)
        .execute()
      for (const group of groups) {
        // No more of it is looked at: to read all columns of thousands of groups takes longer than to find them.
        const row = { ...group, flags: Number(Reflect.get(group, 'flags')) } as unknown as StoredRow
        const number = Number(group.number) * scaleOf(slice)
        for (const [field, values] of counts)
          for (const value of facetValues(row, field)) values.set(value, (values.get(value) ?? 0) + number)
      }
    }
    return { counts: new Map([...counts].map(([field, values]) => [field, rounded(values)])), rate }
  }

  async histogram({ filter, from, to, buckets, mostRows }: HistogramQuery): Promise<Histogram> {
    const rare = await this.#rare(filter)
    if (rare !== undefined) return this.#countOneByOne({ filter, from, to, buckets }, rare)
    const { slices, rate } = await this.#slices({ ...filter, from, to }, buckets, mostRows, true)
    const counts: ReadonlyMap<number, number>[] = []
    for (const slice of slices) {
      const groups = await this.#database
        .selectFrom(REQUESTS)
        .select([sql<number | string>`status / 100`.as('hundreds'), sql<number | string>`count(*)`.as('number')])
        .where(this.#within(filter, slice))
        .where(partOf(slice))
        .groupBy(sql`1`)
        .execute()
      counts.push(rounded(new Map(groups.map(({ hundreds, number }) => [Number(hundreds), Number(number) * scaleOf(slice)]))))
    }
    return { counts, rate }
  }

  async #countOneByOne({ filter, from, to, buckets }: Omit<HistogramQuery, 'mostRows'>, rare: Condition): Promise<Histogram> {
    const rows = await this.#database
      .selectFrom(REQUESTS)
      .select(['time', 'status'])
      .where(conditionOf(filter, this.#dialect))
      .where(allOf([rare, sql<boolean>`time >= ${from}`, sql<boolean>`time < ${to}`]))
      .execute()
    const counts = Array.from({ length: buckets }, () => new Map<number, number>())
    for (const { time, status } of rows) {
      const bucket = counts[Math.floor(((Number(time) - from) * buckets) / (to - from))]
      const hundreds = Math.floor(Number(status) / 100)
      bucket?.set(hundreds, (bucket.get(hundreds) ?? 0) + 1)
    }
    return { counts, rate: 1 }
  }

  async usage({ by, step, of, from, to, only, limit }: UsageQuery): Promise<readonly UsageGroup[]> {
    const start = step === undefined ? sql<number>`0` : sql<number>`start - start % ${sql.lit(STEP_MS[step])}`
    let query = this.#database
      .selectFrom(USAGE)
      .select(start.as('begin'))
      .select(by)
      .select(USAGE_SUMS.map((name) => sql<number | string>`cast(sum(${sql.ref(name)}) as double precision)`.as(name)))
      .where('step', '=', of)
      .groupBy([sql`1`, ...by.map((name) => sql.ref(name))])
    if (from !== undefined) query = query.where('start', '>=', from)
    if (to !== undefined) query = query.where('start', '<', to)
    for (const name of USAGE_DIMENSIONS) {
      const value = only[name]
      if (value !== undefined) query = query.where(sql<boolean>`${sql.ref(name)} = ${value}`)
    }
    const groups = await query
      .orderBy(sql`1`)
      .orderBy(sql.ref('cost'), 'desc')
      .orderBy(sql.ref('requests'), 'desc')
      .limit(limit)
      .execute()
    return groups.map((group) => ({
      values: by.map((name) => String(Reflect.get(group, name))),
      ...(step === undefined ? {} : { start: Number(group.begin) }),
      // All sums are there.
      sums: Object.fromEntries(USAGE_SUMS.map((name) => [name, Number(Reflect.get(group, name))])) as UsageSums,
    }))
  }

  async series({ by, of, widthMs, from, to, only, among, sums, times, limit }: SeriesQuery): Promise<readonly SeriesGroup[]> {
    const names = by.map((name) => sql.ref(name))
    const begin = widthMs === undefined ? sql`0` : sql`start - start % ${sql.lit(widthMs)}`
    const conditions = [sql<boolean>`step in (${of}, ${FRESH})`, sql<boolean>`start >= ${from}`, sql<boolean>`start < ${to}`]
    for (const name of SERIES_DIMENSIONS) if (only[name] !== undefined) conditions.push(sql<boolean>`${sql.ref(name)} = ${only[name]}`)
    if (among !== undefined && by.length > 0)
      conditions.push(anyOf(among.map((values) => allOf(values.map((value, index) => sql`${names[index]} = ${value}`)))))
    // What the others are put in order by is always wanted.
    const wanted = SERIES_SUMS.filter((name) => name === 'requests' || sums.includes(name))
    const listed = sql.join([sql.ref('begin'), ...names])
    const summed = sql.join(wanted.map((name) => sql`cast(sum(${sql.ref(name)}) as double precision) as ${sql.ref(name)}`))
    const where = sql`from ${sql.table(SERIES)} where ${allOf(conditions)}`
    const places = sql.join([sql`${begin} as "begin"`, ...names])
    // Classes are joined in the database: they are many, and the groups are few.
    const joined = this.#dialect === 'sqlite' ? sql`group_concat(part, ',')` : sql`string_agg(part, ',')`
    const grouped = times
      ? sql`select ${listed}, ${joined} as parts, ${summed} from (
          select ${places}, class || ':' || sum(requests) || ':' || sum(firsts) as part,
            ${sql.join(wanted.map((name) => sql`sum(${sql.ref(name)}) as ${sql.ref(name)}`))}
          ${where} group by ${sql.join([sql`1`, ...names, sql.ref('class')])}) as classes
          group by ${listed}`
      : sql`select ${places}, ${summed} ${where} group by ${sql.join([sql`1`, ...names])}`
    const found = await sql<Record<string, unknown>>`
      ${grouped} order by ${sql.ref('begin')}, ${sql.ref('requests')} desc limit ${sql.lit(limit)}`.execute(this.#database)
    return found.rows.map((row) => ({
      values: by.map((name) => String(row[name])),
      ...(widthMs === undefined ? {} : { start: Number(row['begin']) }),
      sums: { ...noSeries(), ...Object.fromEntries(wanted.map((name) => [name, Number(row[name])])) },
      times: times ? String(row['parts']).split(/[,:]/).map(Number) : [],
    }))
  }

  async events({ kinds, subjects, from, to, limit }: EventQuery): Promise<readonly StoredEvent[]> {
    let query = this.#database.selectFrom(EVENTS).selectAll().where('kind', 'in', kinds)
    if (subjects !== undefined) query = query.where('subject', 'in', subjects)
    if (from !== undefined) query = query.where('time', '>=', from)
    if (to !== undefined) query = query.where('time', '<', to)
    const rows = await query.orderBy('time', 'desc').orderBy('seq', 'desc').limit(limit).execute()
    return rows.map((row) => ({ ...typed(row, EVENT_COLUMNS), seq: Number(row.seq) }) as StoredEvent)
  }

  async trim({ before, maximumRows, usageBefore, finerBefore, contentBefore }: TrimQuery): Promise<{ forgotten: number; more: boolean }> {
    return this.#database.transaction().execute(async (transaction) => {
      const old = await transaction
        .selectFrom(REQUESTS)
        .select('seq')
        .where('time', '<', before)
        .orderBy('time')
        .limit(MOST_TRIMMED)
        .execute()
      const newest = await transaction.selectFrom(REQUESTS).select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
      const surplus =
        newest === undefined || old.length === MOST_TRIMMED
          ? []
          : await transaction
              .selectFrom(REQUESTS)
              .select('seq')
              .where('seq', '<=', Number(newest.seq) - maximumRows)
              .orderBy('seq')
              .limit(MOST_TRIMMED)
              .execute()
      const all = [...new Set([...old, ...surplus].map(({ seq }) => Number(seq)))]
      for (let index = 0; index < all.length; index += CHUNK) {
        const part = all.slice(index, index + CHUNK)
        if (this.#dialect === 'sqlite') await sql`delete from ${sql.table(WORDS)} where rowid in (${sql.join(part)})`.execute(transaction)
        await transaction.deleteFrom(CONTENTS).where('seq', 'in', part).execute()
        await transaction.deleteFrom(REQUESTS).where('seq', 'in', part).execute()
      }
      const said = transaction.selectFrom(CONTENTS).select('seq').where('time', '<', contentBefore).orderBy('time').limit(MOST_TRIMMED)
      const { numDeletedRows } = await transaction.deleteFrom(CONTENTS).where('seq', 'in', said).executeTakeFirst()
      await transaction.deleteFrom(USAGE).where('start', '<', usageBefore).execute()
      await foldSeries(transaction, this.#dialect)
      for (const step of SERIES_STEPS) {
        const oldest = step === 'minute' || step === 'quarter' ? finerBefore[step] : usageBefore
        await transaction.deleteFrom(SERIES).where('step', '=', step).where('start', '<', oldest).execute()
      }
      await transaction.deleteFrom(EVENTS).where('time', '<', before).execute()
      await sql`delete from ${sql.table(EVENTS)} where seq <= (select max(seq) from ${sql.table(EVENTS)}) - ${sql.lit(MOST_EVENTS)}`.execute(
        transaction,
      )
      // A batch is tried again for a while, and never after that.
      await sql`delete from ${sql.table(BATCHES)} where time < (select max(time) from ${sql.table(BATCHES)}) - ${sql.lit(HOUR_MS)}`.execute(
        transaction,
      )
      const more = [old.length, surplus.length, Number(numDeletedRows)].includes(MOST_TRIMMED)
      return { forgotten: all.length, more }
    })
  }

  async #between({
    condition,
    upper,
    lower,
    limit,
  }: {
    readonly condition: Condition
    readonly upper: Place | undefined
    readonly lower: number | undefined
    readonly limit: number
  }): Promise<readonly StoredRow[]> {
    const places = [condition]
    if (upper !== undefined) places.push(sql<boolean>`time <= ${upper.time}`, sql<boolean>`(time < ${upper.time} or seq < ${upper.seq})`)
    if (lower !== undefined) places.push(sql<boolean>`time >= ${lower}`)
    const rows = await this.#database
      .selectFrom(REQUESTS)
      .selectAll()
      .where(allOf(places))
      .orderBy('time', 'desc')
      .orderBy('seq', 'desc')
      .limit(limit)
      .execute()
    return rows.map(requestFrom)
  }

  /** Which rows hold the words that are asked for, where those are few. */
  async #rare(filter: HistoryFilter): Promise<Condition | undefined> {
    const match = this.#dialect === 'sqlite' ? matchOf(filter) : undefined
    if (match === undefined) return undefined
    const found = await sql<{ rowid: number }>`
      select rowid from ${sql.table(WORDS)} where ${sql.ref(WORDS)} match ${match} limit ${sql.lit(RARE + 1)}`.execute(this.#database)
    if (found.rows.length > RARE) return undefined
    return sql<boolean>`seq in (select value from json_each(${JSON.stringify(found.rows.map(({ rowid }) => rowid))}))`
  }

  /** Time down to which there are about so many rows; undefined: there are not that many. */
  async #lowerOf(
    upper: Place | undefined,
    { from = -Infinity, to = Infinity }: HistoryFilter,
    window: number,
  ): Promise<number | undefined> {
    const top = Math.min(upper?.time ?? Infinity, to)
    const newest = this.#database.selectFrom(REQUESTS).select(['seq', 'time']).orderBy('time', 'desc').limit(1)
    const first = await (top === Infinity ? newest : newest.where('time', '<=', top)).executeTakeFirst()
    if (first === undefined) return undefined
    const last = await this.#database
      .selectFrom(REQUESTS)
      .select('time')
      .where('seq', '<=', Number(first.seq) - window)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (last === undefined) return undefined
    // Rows are written in the order in which requests end, which is not quite that of their beginnings.
    const lower = Math.min(Number(last.time), Number(first.time) - 1)
    return lower <= from ? undefined : lower
  }

  /** Rows of a sample lie within its time, or next to it: to look at the time would only lead to another index. */
  #within(filter: HistoryFilter, { from, to, seqs }: Slice): Condition {
    if (seqs !== undefined) return conditionOf({ terms: filter.terms }, this.#dialect === 'sqlite' ? 'sqlite sample' : this.#dialect)
    const range = { from: Math.max(from, filter.from ?? 0), to: Math.min(to, filter.to ?? LATEST) }
    return conditionOf({ terms: filter.terms, ...range }, this.#dialect)
  }

  async #slices(
    filter: HistoryFilter,
    count: number,
    mostRows: number,
    always = false,
  ): Promise<{ slices: readonly Slice[]; rate: number }> {
    const first = await this.#edge(filter.from ?? 0, 'asc')
    const last = await this.#edge(filter.to ?? Infinity, 'desc')
    const from = filter.from ?? first?.time ?? 0
    const to = filter.to ?? (last === undefined ? from : last.time + 1)
    const isSmall = first === undefined || last === undefined || last.seq - first.seq < 2 * mostRows
    if (isSmall && !always) return { slices: [{ from, to }], rate: 1 }
    const edges: (number | undefined)[] = []
    for (let index = 0; index <= count; index += 1)
      edges.push(isSmall ? undefined : (await this.#edge(Math.round(from + ((to - from) * index) / count), 'asc'))?.seq)
    return slicesOf({ from, to, edges, last: last?.seq ?? 0, mostRows: isSmall ? Infinity : mostRows })
  }

  /** The first row from that time on, or the last one before it. */
  async #edge(time: number, direction: 'asc' | 'desc'): Promise<Place | undefined> {
    const rows = this.#database.selectFrom(REQUESTS).select(['seq', 'time']).orderBy('time', direction).limit(1)
    const found = await (time === Infinity ? rows : rows.where('time', direction === 'asc' ? '>=' : '<', time)).executeTakeFirst()
    return found === undefined ? undefined : { time: Number(found.time), seq: Number(found.seq) }
  }
}

type Condition = ReturnType<typeof conditionOf>

/** The largest time that a Date has. */
const LATEST = 8_640_000_000_000_000
const WHOLE: { readonly slices: readonly Slice[]; readonly rate: number } = { slices: [{ from: 0, to: LATEST }], rate: 1 }

function partOf({ seqs }: Slice) {
  return seqs === undefined ? sql<boolean>`true` : sql<boolean>`seq between ${seqs.from} and ${seqs.to}`
}

function rounded<Name>(values: ReadonlyMap<Name, number>): ReadonlyMap<Name, number> {
  return new Map([...values].map(([name, value]) => [name, Math.round(value)]))
}
