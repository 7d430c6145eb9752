import {
  USAGE_DIMENSIONS,
  USAGE_SUMS,
  type UsageDimension,
  type UsageSum,
  type UsageSums,
} from '@jairouter/contract/management/history-names'
import { bitOf, type RequestRow } from './history-row.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

export type UsageStep = 'hour' | 'day'
export const STEP_MS: Readonly<Record<UsageStep, number>> = { hour: HOUR_MS, day: DAY_MS }

/** Sums of all requests that came in within an hour or a day (of UTC) and are alike in all dimensions. */
export type UsageRow = { readonly step: UsageStep; readonly start: number } & Readonly<Record<UsageDimension, string>> & UsageSums

const ERROR = bitOf('error')
const STREAM = bitOf('stream')
const CACHED = bitOf('cached')
const FALLBACK = bitOf('fallback')
const ESTIMATED = bitOf('estimated')

/** What a request adds to each sum. */
const AMOUNTS: Readonly<Record<UsageSum, (row: RequestRow) => number>> = {
  requests: () => 1,
  errors: ({ flags }) => hasBit(flags, ERROR),
  streams: ({ flags }) => hasBit(flags, STREAM),
  cacheHits: ({ flags }) => hasBit(flags, CACHED),
  fallbacks: ({ flags }) => hasBit(flags, FALLBACK),
  attempts: ({ attempts }) => attempts,
  in: (row) => row.in,
  cached: ({ cached }) => cached,
  out: ({ out }) => out,
  reasoning: ({ reasoning }) => reasoning,
  total: ({ total }) => total,
  images: ({ images }) => images,
  characters: ({ characters }) => characters,
  // Whole numbers, so that sums are the same in whatever order they are made.
  audioSeconds: ({ audioSeconds }) => Math.round(audioSeconds),
  ms: ({ ms }) => Math.round(ms),
  cost: ({ cost }) => cost ?? 0,
  estimatedRequests: ({ flags }) => hasBit(flags, ESTIMATED),
  estimatedTokens: ({ flags, total }) => (hasBit(flags, ESTIMATED) === 1 ? total : 0),
  unpriced: ({ cost, total }) => (cost === null && total > 0 ? 1 : 0),
}

/** What rows add to the sums of their hours and days: one for each that are alike. */
export function rollUp(rows: Iterable<RequestRow>): readonly UsageRow[] {
  const sums = new Map<string, { readonly row: RequestRow; readonly step: UsageStep; readonly start: number; readonly values: number[] }>()
  for (const row of rows) {
    const dimensions = USAGE_DIMENSIONS.map((name) => row[name]).join('\0')
    for (const step of ['hour', 'day'] as const) {
      const start = row.time - (row.time % STEP_MS[step])
      const name = `${step}\0${start}\0${dimensions}`
      const known = sums.get(name) ?? { row, step, start, values: USAGE_SUMS.map(() => 0) }
      sums.set(name, known)
      for (const [index, sum] of USAGE_SUMS.entries()) known.values[index] = (known.values[index] ?? 0) + AMOUNTS[sum](row)
    }
  }
  return [...sums.values()].map(({ row, step, start, values }) => {
    const dimensions = Object.fromEntries(USAGE_DIMENSIONS.map((name) => [name, row[name]]))
    const amounts = Object.fromEntries(USAGE_SUMS.map((name, index) => [name, values[index] ?? 0]))
    // All dimensions and all sums are there.
    return { step, start, ...dimensions, ...amounts } as UsageRow
  })
}

function hasBit(flags: number, bit: number): 0 | 1 {
  return (flags & bit) === 0 ? 0 : 1
}

export function noUsage(): Record<UsageSum, number> {
  return Object.fromEntries(USAGE_SUMS.map((name) => [name, 0])) as Record<UsageSum, number>
}
