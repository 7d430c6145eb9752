import { FINER_REACH_MS, SERIES_STEP_MS, SERIES_STEPS, type SeriesStep } from '../../history/series-roll-up.ts'
import { invalidQuery } from '../invalid-query.ts'

const HOUR_MS = SERIES_STEP_MS.hour
const DAY_MS = SERIES_STEP_MS.day
const STEP_UNITS: Readonly<Record<string, number>> = { m: SERIES_STEP_MS.minute, h: HOUR_MS, d: DAY_MS }
/** Times longer than this are summed up of the next coarser step: about a hundred are looked at, each with hundreds of rows. */
const MOST_OF: Readonly<Record<SeriesStep, number>> = { minute: 2 * HOUR_MS, quarter: DAY_MS, hour: 5 * DAY_MS, day: Infinity }
const MOST_BUCKETS = 1_000

export interface RangeQuery {
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export interface SpanOptions {
  readonly now: number
  /** How long it is where nothing is said. */
  readonly defaultMs: number
  /** Hours and days alone are there. */
  readonly coarse?: boolean
}

/** A time, moved outwards to where its steps begin. */
export interface Span {
  /** Epoch milliseconds. */
  readonly from: number
  /** Not included. */
  readonly to: number
  /** Of what it is summed up. */
  readonly of: SeriesStep
}

export interface Buckets extends Span {
  readonly widthMs: number
  readonly count: number
}

/** The time that is asked for as a whole. Throws invalid_query. */
export function spanOf(query: RangeQuery, { now, defaultMs, coarse = false }: SpanOptions): Span {
  const { from, to } = timesOf(query, now, defaultMs)
  const of = stepsFrom(from, now, coarse).find((step) => to - from <= MOST_OF[step]) ?? 'day'
  return { ...outwards(from, to, SERIES_STEP_MS[of]), of }
}

/** The time in buckets of `step`, or of what fits. `reachMs`: how far before it one looks, too. Throws invalid_query. */
export function bucketsOf(
  query: RangeQuery & { readonly step?: string | undefined },
  { now, defaultMs, coarse = false, reachMs = () => 0 }: SpanOptions & { readonly reachMs?: (spanMs: number) => number },
): Buckets {
  const { from, to } = timesOf(query, now, defaultMs)
  const earliest = from - reachMs(to - from)
  const steps = stepsFrom(earliest, now, coarse)
  const fitting = steps.find((step) => to - from <= MOST_OF[step]) ?? 'day'
  const widthMs = query.step === undefined ? SERIES_STEP_MS[fitting] : widthOf(query.step)
  const of = steps.findLast((step) => widthMs % SERIES_STEP_MS[step] === 0)
  if (of === undefined)
    throw invalidQuery(
      'step',
      coarse
        ? 'Of keys, users and teams there are hours and days: expected a multiple of 1h'
        : 'Steps below 15m go back 6 hours, and below 1h 8 days: expected a longer one for this time',
    )
  const span = outwards(from, to, widthMs)
  const count = (span.to - span.from) / widthMs
  if (count > MOST_BUCKETS) throw invalidQuery('step', `Expected at most ${MOST_BUCKETS} steps between from and to`)
  return { ...span, of, widthMs, count }
}

function timesOf({ from, to }: RangeQuery, now: number, defaultMs: number): { readonly from: number; readonly to: number } {
  const end = to === undefined ? now + 1 : Date.parse(to)
  const begin = from === undefined ? end - defaultMs : Date.parse(from)
  if (!(end > begin)) throw invalidQuery('to', 'Expected a time after from')
  return { from: begin, to: end }
}

function outwards(from: number, to: number, stepMs: number): { readonly from: number; readonly to: number } {
  return { from: Math.floor(from / stepMs) * stepMs, to: Math.ceil(to / stepMs) * stepMs }
}

/** Those of which everything since then is there. */
function stepsFrom(from: number, now: number, coarse: boolean): readonly SeriesStep[] {
  return SERIES_STEPS.filter((step) => {
    if (step !== 'minute' && step !== 'quarter') return true
    return !coarse && from >= now - FINER_REACH_MS[step] - SERIES_STEP_MS[step]
  })
}

function widthOf(text: string): number {
  return Number.parseInt(text, 10) * (STEP_UNITS[text.at(-1) ?? ''] ?? 0)
}
