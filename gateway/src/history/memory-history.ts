import { type FacetField, USAGE_DIMENSIONS, USAGE_SUMS } from '@jairouter/contract/management/history-names'
import { SERIES_DIMENSIONS, SERIES_SUMS, type SeriesSum } from '@jairouter/contract/management/series-names'
import type { StoredEvent } from './event-row.ts'
import { flagsOf, type AttemptRow, type StoredContent, type StoredRow } from './history-row.ts'
import { matches } from './matches.ts'
import { unpackEntries } from './packed-entries.ts'
import type {
  EventQuery,
  FacetQuery,
  Facets,
  Histogram,
  HistogramQuery,
  HistoryBatch,
  HistoryFilter,
  HistoryStore,
  Page,
  PageQuery,
  SeriesGroup,
  SeriesQuery,
  TrimQuery,
  UsageGroup,
  UsageQuery,
} from './port.ts'
import { noUsage, rollUp, STEP_MS, type UsageRow } from './roll-up.ts'
import { foldSeries, noSeries, rollUpSeries, SERIES_STEPS, seriesName, type SeriesRow } from './series-roll-up.ts'

interface Kept {
  readonly row: StoredRow
  readonly attempts: readonly AttemptRow[]
}

/** Contents that are known at most: they may be long. */
const MOST_CONTENTS = 1_000

/** Requests that are known at most. */
export const MEMORY_ROWS = 10_000
/** Sums that are known at most: the oldest go. */
const MOST_SUMS = 20_000
/** Sums that are not folded yet. */
const MOST_FRESH = 2_000
/** Of what happened to the gateway. */
const MOST_EVENTS = 2_000

/** The last rows, and the sums since the gateway began: of one process, and gone with it. */
export class MemoryHistory implements HistoryStore {
  readonly kind = 'memory'
  readonly #maximum: number
  /** In the order of their numbers. */
  #rows: Kept[] = []
  readonly #sums = new Map<string, UsageRow>()
  /** Apart, so that minutes push no hours out. */
  readonly #series: Readonly<Record<SeriesRow['step'], Map<string, SeriesRow>>> = {
    fresh: new Map(),
    minute: new Map(),
    quarter: new Map(),
    hour: new Map(),
    day: new Map(),
  }
  /** In the order of their numbers. */
  #events: StoredEvent[] = []
  readonly #contents = new Map<number, StoredContent>()
  readonly #batches = new Set<string>()
  #seq = 0

  constructor(maximum = MEMORY_ROWS) {
    this.#maximum = maximum
  }

  async write({ id, packed, events = [] }: HistoryBatch): Promise<void> {
    if (this.#batches.has(id)) return
    const entries = unpackEntries(packed)
    this.#batches.add(id)
    for (const oldest of this.#batches) {
      if (this.#batches.size <= 100) break
      this.#batches.delete(oldest)
    }
    for (const { request, attempts, content } of entries) {
      this.#seq += 1
      if (content !== undefined) this.#contents.set(this.#seq, { ...content, time: request.time })
      this.#rows.push({ row: { ...request, seq: this.#seq }, attempts })
    }
    for (const oldest of this.#contents.keys()) {
      if (this.#contents.size <= MOST_CONTENTS) break
      this.#contents.delete(oldest)
    }
    if (this.#rows.length > 1.25 * this.#maximum) this.#rows = this.#rows.slice(-this.#maximum)
    for (const sum of rollUp(entries.map(({ request }) => request))) this.#add(sum)
    for (const row of rollUpSeries(entries)) this.#addSeries(row)
    if (this.#series.fresh.size > MOST_FRESH) this.#fold()
    for (const event of events) {
      this.#seq += 1
      this.#events.push({ ...event, seq: this.#seq })
    }
    this.#events = this.#events.slice(-MOST_EVENTS)
  }

  async page({ filter, before, limit }: PageQuery): Promise<Page> {
    const found = this.#newestFirst(filter).filter(
      ({ time, seq }) => before === undefined || time < before.time || (time === before.time && seq < before.seq),
    )
    const rows = found.slice(0, limit)
    const last = rows.at(-1)
    return { rows, partial: false, ...(last === undefined || found.length <= limit ? {} : { next: { time: last.time, seq: last.seq } }) }
  }

  async find(id: string, filter: HistoryFilter = { terms: [] }) {
    const found = this.#rows.findLast(({ row }) => row.id === id && matches(row, filter))
    return found === undefined ? undefined : { request: found.row, attempts: found.attempts }
  }

  async content(seq: number) {
    return this.#contents.get(seq)
  }

  async facets({ filter, fields }: FacetQuery): Promise<Facets> {
    const counts = new Map(fields.map((field): [FacetField, Map<string, number>] => [field, new Map()]))
    for (const row of this.#newestFirst(filter)) {
      for (const [field, values] of counts) for (const value of facetValues(row, field)) values.set(value, (values.get(value) ?? 0) + 1)
    }
    return { counts, rate: 1 }
  }

  async histogram({ filter, from, to, buckets }: HistogramQuery): Promise<Histogram> {
    const counts = Array.from({ length: buckets }, () => new Map<number, number>())
    for (const { time, status } of this.#newestFirst(filter)) {
      if (time < from || time >= to) continue
      const bucket = counts[Math.floor(((time - from) * buckets) / (to - from))]
      const hundreds = Math.floor(status / 100)
      bucket?.set(hundreds, (bucket.get(hundreds) ?? 0) + 1)
    }
    return { counts, rate: 1 }
  }

  async usage({ by, step, of, from, to, only, limit }: UsageQuery): Promise<readonly UsageGroup[]> {
    const groups = new Map<string, { values: readonly string[]; start?: number; sums: ReturnType<typeof noUsage> }>()
    for (const row of this.#sums.values()) {
      if (row.step !== of || (from !== undefined && row.start < from) || (to !== undefined && row.start >= to)) continue
      if (USAGE_DIMENSIONS.some((name) => only[name] !== undefined && row[name] !== only[name])) continue
      const values = by.map((name) => row[name])
      const start = step === undefined ? undefined : row.start - (row.start % STEP_MS[step])
      const name = [start, ...values].join('\0')
      const group = groups.get(name) ?? { values, ...(start === undefined ? {} : { start }), sums: noUsage() }
      groups.set(name, group)
      for (const sum of USAGE_SUMS) group.sums[sum] += row[sum]
    }
    return [...groups.values()]
      .toSorted((a, b) => (a.start ?? 0) - (b.start ?? 0) || b.sums.cost - a.sums.cost || b.sums.requests - a.sums.requests)
      .slice(0, limit)
  }

  async series({ by, of, widthMs, from, to, only, among, sums: asked, times, limit }: SeriesQuery): Promise<readonly SeriesGroup[]> {
    const summed = new Set<SeriesSum>(['requests', ...asked])
    const wanted = among === undefined || by.length === 0 ? undefined : new Set(among.map((values) => values.join('\0')))
    const groups = new Map<
      string,
      { values: readonly string[]; start: number; sums: ReturnType<typeof noSeries>; classes: Map<number, [number, number]> }
    >()
    for (const row of [...this.#series[of].values(), ...this.#series.fresh.values()]) {
      if (row.start < from || row.start >= to) continue
      if (SERIES_DIMENSIONS.some((name) => only[name] !== undefined && row[name] !== only[name])) continue
      const values = by.map((name) => row[name])
      if (wanted?.has(values.join('\0')) === false) continue
      const start = widthMs === undefined ? 0 : row.start - (row.start % widthMs)
      const name = [start, ...values].join('\0')
      const group = groups.get(name) ?? { values, start, sums: noSeries(), classes: new Map<number, [number, number]>() }
      groups.set(name, group)
      for (const sum of summed) group.sums[sum] += row[sum]
      const [requests, firsts] = group.classes.get(row.class) ?? [0, 0]
      group.classes.set(row.class, [requests + row.requests, firsts + row.firsts])
    }
    return [...groups.values()]
      .toSorted((a, b) => a.start - b.start || b.sums.requests - a.sums.requests)
      .slice(0, limit)
      .map(({ values, start, sums, classes }) => ({
        values,
        ...(widthMs === undefined ? {} : { start }),
        sums,
        times: times ? [...classes].flatMap(([number, counts]) => [number, ...counts]) : [],
      }))
  }

  async events({ kinds, subjects, from = -Infinity, to = Infinity, limit }: EventQuery): Promise<readonly StoredEvent[]> {
    return this.#events
      .filter(({ kind, subject, time }) => kinds.includes(kind) && subjects?.includes(subject) !== false && time >= from && time < to)
      .toSorted((a, b) => b.time - a.time || b.seq - a.seq)
      .slice(0, limit)
  }

  async trim({ before, maximumRows, usageBefore, finerBefore, contentBefore }: TrimQuery): Promise<{ forgotten: number; more: boolean }> {
    const had = this.#rows.length
    this.#rows = this.#rows.filter(({ row }) => row.time >= before).slice(-Math.min(maximumRows, this.#maximum))
    for (const [name, { start }] of this.#sums) if (start < usageBefore) this.#sums.delete(name)
    this.#fold()
    for (const step of SERIES_STEPS) {
      const oldest = step === 'minute' || step === 'quarter' ? finerBefore[step] : usageBefore
      for (const [name, { start }] of this.#series[step]) if (start < oldest) this.#series[step].delete(name)
    }
    this.#events = this.#events.filter(({ time }) => time >= before)
    for (const [seq, { time }] of this.#contents) if (time < contentBefore || time < before) this.#contents.delete(seq)
    return { forgotten: had - this.#rows.length, more: false }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #newestFirst(filter: HistoryFilter): StoredRow[] {
    return this.#rows
      .map(({ row }) => row)
      .filter((row) => matches(row, filter))
      .toSorted((a, b) => b.time - a.time || b.seq - a.seq)
  }

  #add(sum: UsageRow): void {
    const name = [sum.step, sum.start, ...USAGE_DIMENSIONS.map((dimension) => sum[dimension])].join('\0')
    const known = this.#sums.get(name)
    if (known === undefined) this.#sums.set(name, sum)
    else this.#sums.set(name, { ...known, ...Object.fromEntries(USAGE_SUMS.map((amount) => [amount, known[amount] + sum[amount]])) })
    bound(this.#sums)
  }

  #fold(): void {
    const fresh = [...this.#series.fresh.values()]
    this.#series.fresh.clear()
    for (const row of foldSeries(fresh)) this.#addSeries(row)
  }

  #addSeries(row: SeriesRow): void {
    const series = this.#series[row.step]
    const name = seriesName(row)
    const known = series.get(name)
    if (known === undefined) series.set(name, row)
    else series.set(name, { ...known, ...Object.fromEntries(SERIES_SUMS.map((sum) => [sum, known[sum] + row[sum]])) })
    bound(series)
  }
}

function bound(sums: Map<string, unknown>): void {
  for (const oldest of sums.keys()) {
    if (sums.size <= MOST_SUMS) break
    sums.delete(oldest)
  }
}

/** What a row counts for. */
export function facetValues(row: Pick<StoredRow, Exclude<FacetField, 'flag'> | 'flags'>, field: FacetField): readonly string[] {
  return field === 'flag' ? flagsOf(row.flags) : [String(row[field])]
}
