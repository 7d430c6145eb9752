import { USAGE_SUMS, type UsageDimension } from '@jairouter/contract/management/history-names'
import { type SeriesDimension, type SeriesSum } from '@jairouter/contract/management/series-names'
import type { HistoryEntry, RequestRow } from '../../src/history/history-row.ts'
import type { HistoryStore, SeriesGroup, SeriesQuery, UsageQuery } from '../../src/history/port.ts'
import { HOUR_MS, noUsage, rollUp, STEP_MS } from '../../src/history/roll-up.ts'
import { noSeries, SERIES_STEP_MS } from '../../src/history/series-roll-up.ts'
import { timeClass } from '../../src/lib/log-histogram.ts'
import { errorClassOf } from '../../src/telemetry/rate-ring.ts'

export function comparableSeries(groups: readonly SeriesGroup[]): unknown {
  return groups
    .map(({ start, values, sums, times }) => [
      [start, ...values].join('|'),
      sums,
      Array.from({ length: times.length / 3 }, (_, index) => times.slice(3 * index, 3 * index + 3).join(':')).toSorted(),
    ])
    .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
}

/** From the rows and calls themselves, one by one. */
export function seriesOf(
  entries: readonly HistoryEntry[],
  { by, of, widthMs, from, to, only, among }: SeriesQuery,
): readonly SeriesGroup[] {
  const groups = new Map<
    string,
    { values: readonly string[]; start?: number; sums: ReturnType<typeof noSeries>; times: Map<number, number[]> }
  >()
  const groupOf = (time: number, place: Readonly<Record<SeriesDimension, string>>) => {
    const step = time - (time % SERIES_STEP_MS[of])
    if (step < from || step >= to || Object.entries(only).some(([name, value]) => place[name as SeriesDimension] !== value))
      return undefined
    const values = by.map((name) => place[name])
    if (among?.some((wanted) => wanted.join('|') === values.join('|')) === false) return undefined
    const start = widthMs === undefined ? undefined : time - (time % widthMs)
    const name = JSON.stringify([start, values])
    const group = groups.get(name) ?? { values, ...(start === undefined ? {} : { start }), sums: noSeries(), times: new Map() }
    groups.set(name, group)
    return group
  }
  const count = (times: Map<number, number[]>, ms: number, at: number) => {
    const counts = times.get(timeClass(ms)) ?? [0, 0]
    counts[at] = (counts[at] ?? 0) + 1
    times.set(timeClass(ms), counts)
  }
  for (const { request, attempts } of entries) {
    const { time, status, code, ms, firstMs, cost } = request
    const group = groupOf(time, request)
    if (group !== undefined) {
      const failure = errorClassOf({ status, code: code === '' ? undefined : code })
      const added = { requests: 1, in: request.in, out: request.out, total: request.total, cost: cost ?? 0, ms: Math.round(ms) }
      for (const [name, amount] of Object.entries(added)) group.sums[name as SeriesSum] += amount
      if (failure !== undefined) group.sums[failure] += 1
      count(group.times, ms, 0)
      if (firstMs !== null) {
        group.sums.firsts += 1
        group.sums.firstMs += Math.round(firstMs)
        count(group.times, firstMs, 1)
      }
    }
    for (const { backend, sent, outcome, ms: took } of attempts) {
      const own = groupOf(time, { ...request, backend, sent })
      if (own === undefined) continue
      own.sums.judged += 1
      if (outcome === 'ok') own.sums.succeeded += 1
      if (!own.times.has(timeClass(took))) own.times.set(timeClass(took), [0, 0])
    }
  }
  return [...groups.values()].map(({ times, ...group }) => ({
    ...group,
    times: [...times].flatMap(([number, [requests = 0, firsts = 0]]) => [number, requests, firsts]),
  }))
}

type Groups = Awaited<ReturnType<HistoryStore['usage']>>

export function comparable(
  groups: Groups,
): readonly (readonly [start: number | undefined, values: string, sums: Groups[number]['sums']])[] {
  return groups
    .map(({ start, values, sums }) => [start, values.join('|'), sums] as const)
    .toSorted(([a, x], [b, y]) => (a ?? 0) - (b ?? 0) || (x < y ? -1 : 1))
}

/** From the rows themselves, one by one. */
export function summed(entries: readonly HistoryEntry[], { by, step, from = 0, to = Infinity, only }: UsageQuery): Groups {
  const groups = new Map<string, { values: string[]; start?: number; sums: ReturnType<typeof noUsage> }>()
  const isMeant = (row: RequestRow) => {
    const hour = row.time - (row.time % HOUR_MS)
    return hour >= from && hour < to && Object.entries(only).every(([name, value]) => row[name as UsageDimension] === value)
  }
  for (const { request } of entries.filter(({ request: row }) => isMeant(row))) {
    const start = step === undefined ? undefined : request.time - (request.time % STEP_MS[step])
    const values = by.map((dimension) => request[dimension])
    const name = JSON.stringify([start, values])
    const group = groups.get(name) ?? { values, ...(start === undefined ? {} : { start }), sums: noUsage() }
    groups.set(name, group)
    const [own] = rollUp([request])
    for (const sum of USAGE_SUMS) group.sums[sum] += own?.[sum] ?? 0
  }
  return [...groups.values()]
}
