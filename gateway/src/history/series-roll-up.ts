import {
  SERIES_DIMENSIONS,
  SERIES_SUMS,
  type SeriesDimension,
  type SeriesSum,
  type SeriesSums,
} from '@jairouter/contract/management/series-names'
import { timeClass } from '../lib/log-histogram.ts'
import { errorClassOf, isJudged } from '../telemetry/rate-ring.ts'
import type { AttemptRow, RequestColumn, RequestRow } from './history-row.ts'
import { DAY_MS, HOUR_MS } from './roll-up.ts'

const MINUTE_MS = 60_000

/** From the finest on; each is made of whole ones before it. */
export const SERIES_STEPS = ['minute', 'quarter', 'hour', 'day'] as const
export type SeriesStep = (typeof SERIES_STEPS)[number]
export const SERIES_STEP_MS: Readonly<Record<SeriesStep, number>> = {
  minute: MINUTE_MS,
  quarter: 15 * MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
}
/** How far back the finer ones can be asked for; hours and days are kept as long as the sums of usage. */
export const FINER_REACH_MS = { minute: 6 * HOUR_MS, quarter: 8 * DAY_MS } as const
/** They are kept a little longer, so that what is asked for is there as a whole. */
export const FINER_KEPT_MS = { minute: 7 * HOUR_MS, quarter: 9 * DAY_MS } as const

/**
 * Where new sums are kept first, by minute: they belong to every step, and are added to the rows of each when they are
 * folded. So a request that is written changes a quarter of the rows, and who asks for a step is told of both.
 */
export const FRESH = 'fresh'

/** Sums of all requests that came in within a step, are alike in all dimensions, and took about as long. */
export type SeriesRow = { readonly step: SeriesStep | typeof FRESH; readonly start: number; readonly class: number } & Readonly<
  Record<SeriesDimension, string>
> &
  SeriesSums

/** What of an entry its series are made of. */
const OF_REQUEST = ['time', ...SERIES_DIMENSIONS, 'status', 'code', 'ms', 'firstMs', 'in', 'out', 'total', 'cost'] as const
const OF_ATTEMPT = ['backend', 'sent', 'outcome', 'ms'] as const
export const SERIES_REQUEST_NAMES: readonly RequestColumn[] = OF_REQUEST
export const SERIES_ATTEMPT_NAMES: readonly (keyof AttemptRow)[] = OF_ATTEMPT
export interface SeriesEntry {
  readonly request: Pick<RequestRow, (typeof OF_REQUEST)[number]>
  readonly attempts: readonly Pick<AttemptRow, (typeof OF_ATTEMPT)[number]>[]
}

type Cell = { step: SeriesRow['step']; start: number; class: number } & Record<SeriesDimension, string> & Record<SeriesSum, number>

/** What entries add to the series: one row for each minute, dimensions and class of time. Whole numbers, so that sums are the same in whatever order they are made. */
export function rollUpSeries(entries: Iterable<SeriesEntry>): readonly SeriesRow[] {
  const minutes = new Map<string, Cell>()
  for (const entry of entries) addEntry(minutes, entry)
  return [...minutes.values()]
}

/** What fresh rows add to each step. */
export function foldSeries(fresh: Iterable<SeriesRow>): readonly SeriesRow[] {
  const rows = [...fresh]
  return SERIES_STEPS.flatMap((step) => [...ofStep(rows, step)])
}

function addEntry(cells: Map<string, Cell>, { request, attempts }: SeriesEntry): void {
  const { time, service, model, backend, sent, status, code, ms, firstMs } = request
  const start = time - (time % MINUTE_MS)
  const cell = cellOf(cells, { step: FRESH, start, service, model, backend, sent, class: timeClass(ms) })
  cell.requests += 1
  const failure = errorClassOf({ status, code: code === '' ? undefined : code })
  if (failure !== undefined) cell[failure] += 1
  cell.in += request.in
  cell.out += request.out
  cell.total += request.total
  cell.cost += request.cost ?? 0
  cell.ms += Math.round(ms)
  if (firstMs !== null) {
    const first = cellOf(cells, { step: FRESH, start, service, model, backend, sent, class: timeClass(firstMs) })
    first.firsts += 1
    first.firstMs += Math.round(firstMs)
  }
  // Each call counts for the instance that it was made to.
  for (const attempt of attempts) {
    if (!isJudged(attempt.outcome)) continue
    const place = { step: FRESH, start, service, model, backend: attempt.backend, sent: attempt.sent } as const
    const own = cellOf(cells, { ...place, class: timeClass(attempt.ms) })
    own.judged += 1
    if (attempt.outcome === 'ok') own.succeeded += 1
  }
}

function ofStep(rows: readonly SeriesRow[], step: SeriesStep): Iterable<Cell> {
  const cells = new Map<string, Cell>()
  for (const row of rows) {
    const { service, model, backend, sent } = row
    const start = row.start - (row.start % SERIES_STEP_MS[step])
    const cell = cellOf(cells, { step, start, service, model, backend, sent, class: row.class })
    for (const name of SERIES_SUMS) cell[name] += row[name]
  }
  return cells.values()
}

type CellPlace = Pick<Cell, 'step' | 'start' | 'class' | SeriesDimension>

function cellOf(cells: Map<string, Cell>, place: CellPlace): Cell {
  const name = seriesName(place)
  const known = cells.get(name)
  if (known !== undefined) return known
  const { step, start, service, model, backend, sent } = place
  const cell = { ...NOTHING, step, start, service, model, backend, sent, class: place.class }
  cells.set(name, cell)
  return cell
}

/** The same for rows whose sums belong together. */
export function seriesName(row: CellPlace): string {
  return `${row.step}\0${row.start}\0${row.class}\0${row.service}\0${row.model}\0${row.backend}\0${row.sent}`
}

export function noSeries(): Record<SeriesSum, number> {
  return { ...NOTHING }
}

const NOTHING = Object.fromEntries(SERIES_SUMS.map((name) => [name, 0])) as Record<SeriesSum, number>
