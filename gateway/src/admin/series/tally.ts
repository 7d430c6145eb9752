import { MEASURES } from '@jairouter/contract/management/measures'
import { ERROR_CLASSES, type ErrorClass, type SeriesSum, type SeriesSums } from '@jairouter/contract/management/series-names'
import type { UsageSums } from '@jairouter/contract/management/history-names'
import { LOG_HISTOGRAM_SIZE, quantileOf } from '../../lib/log-histogram.ts'

/** What was summed up of a group in a time; what its source does not have is undefined. */
export interface Tally {
  readonly requests: number
  readonly errors: number
  readonly tokensIn: number
  readonly tokensOut: number
  readonly tokens: number
  readonly cost: number
  readonly ms: number
  readonly more?: SeriesSums
  /** As the history has them. */
  readonly times: readonly number[]
}

export function tallyOfSeries({ sums, times }: { readonly sums: SeriesSums; readonly times: readonly number[] }): Tally {
  const { requests, in: tokensIn, out: tokensOut, total: tokens, cost, ms } = sums
  const errors = ERROR_CLASSES.reduce((sum, name) => sum + sums[name], 0)
  return { requests, errors, tokensIn, tokensOut, tokens, cost, ms, more: sums, times }
}

export function tallyOfUsage({ sums }: { readonly sums: UsageSums }): Tally {
  const { requests, errors, in: tokensIn, out: tokensOut, total: tokens, cost, ms } = sums
  return { requests, errors, tokensIn, tokensOut, tokens, cost, ms, times: [] }
}

/** Of sums that come from the usage: they have no classes of times, and no more sums. */
export function addTallies(a: Tally, b: Tally): Tally {
  const sum = (name: 'requests' | 'errors' | 'tokensIn' | 'tokensOut' | 'tokens' | 'cost' | 'ms') => a[name] + b[name]
  return {
    requests: sum('requests'),
    errors: sum('errors'),
    tokensIn: sum('tokensIn'),
    tokensOut: sum('tokensOut'),
    tokens: sum('tokens'),
    cost: sum('cost'),
    ms: sum('ms'),
    times: [],
  }
}

export const NO_TALLY: Tally = { requests: 0, errors: 0, tokensIn: 0, tokensOut: 0, tokens: 0, cost: 0, ms: 0, times: [] }

/** What can be said of keys, users and teams. */
const OF_USAGE: ReadonlySet<string> = new Set(['requests', 'rate', 'errors', 'tokens', 'tokens.in', 'tokens.out', 'cost', 'duration.avg'])

/** Whether shares of it make sense. */
export function isAdditive(measure: string): boolean {
  return measure !== 'rate' && !measure.startsWith('success.') && MEASURES[measure] !== 'ms'
}

export function isOfUsage(measure: string): boolean {
  return OF_USAGE.has(measure)
}

/** It needs the classes of times. */
export function isQuantile(measure: string): boolean {
  return /\.p\d+$/.test(measure)
}

const SUMS: Readonly<Record<string, readonly SeriesSum[]>> = {
  errors: ERROR_CLASSES,
  ...Object.fromEntries(ERROR_CLASSES.map((name) => [`errors.${name}`, [name]])),
  attempts: ['judged'],
  'success.client': ERROR_CLASSES,
  'success.attempt': ['judged', 'succeeded'],
  tokens: ['total'],
  'tokens.in': ['in'],
  'tokens.out': ['out'],
  cost: ['cost'],
  'duration.avg': ['ms'],
  'ttft.avg': ['firsts', 'firstMs'],
}

/** What they are reckoned from, beside the requests and the classes of times. */
export function sumsOf(measures: readonly string[]): readonly SeriesSum[] {
  return measures.flatMap((measure) => SUMS[measure] ?? [])
}

/** Null where there is nothing to tell. */
export function measureOf(measure: string, tally: Tally, seconds: number): number | null {
  const [name = '', part = ''] = measure.split('.')
  switch (name) {
    case 'requests':
      return tally.requests
    case 'rate':
      return round(tally.requests / seconds)
    case 'errors':
      return part === '' ? tally.errors : (tally.more?.[part as ErrorClass] ?? 0)
    case 'attempts':
      return tally.more?.judged ?? 0
    case 'success':
      return part === 'client' ? clientSuccess(tally) : share(tally.more?.succeeded, tally.more?.judged)
    case 'tokens':
      return { '': tally.tokens, in: tally.tokensIn, out: tally.tokensOut }[part] ?? null
    case 'cost':
      return tally.cost
    default:
      return timeOf(name, part, tally)
  }
}

/** Of requests that the gateway could have answered: without those whose clients left or were refused for what they sent. */
export function clientSuccess({ requests, errors, more }: Tally): number | null {
  return more === undefined ? null : share(requests - errors, requests - more.left - more.client)
}

export function share(part: number | undefined, all: number | undefined): number | null {
  return part === undefined || all === undefined || all === 0 ? null : part / all
}

function timeOf(name: string, part: string, { requests, ms, more, times }: Tally): number | null {
  const isFirst = name === 'ttft'
  if (part === 'avg') {
    const average = isFirst ? share(more?.firstMs, more?.firsts) : share(ms, requests)
    return average === null ? null : round(average)
  }
  const quantile = quantileOf(countsOf(times, isFirst ? 2 : 1), Number(part.slice(1)) / 100)
  return quantile === undefined ? null : round(quantile)
}

/** How many there were of each class. `at`: 1 for whole durations, 2 for first bytes. */
export function countsOf(times: readonly number[], at: 1 | 2): Float64Array {
  const counts = new Float64Array(LOG_HISTOGRAM_SIZE)
  for (let index = 0; index < times.length; index += 3) counts[times[index] ?? 0] = times[index + at] ?? 0
  return counts
}

export function round(value: number): number {
  return Math.round(value * 100) / 100
}
