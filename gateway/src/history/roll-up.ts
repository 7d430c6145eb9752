import {
  USAGE_DIMENSIONS,
  USAGE_SUMS,
  type UsageDimension,
  type UsageSum,
  type UsageSums,
} from '@jairouter/contract/management/history-names'
import { bitOf, type RequestColumn, type RequestRow } from './history-row.ts'

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

/** What of a row its sums are made of. */
const SUMMED = [
  'time',
  ...USAGE_DIMENSIONS,
  'flags',
  'attempts',
  'in',
  'cached',
  'out',
  'reasoning',
  'total',
  'images',
  'characters',
  'audioSeconds',
  'ms',
  'cost',
] as const
export const SUMMED_NAMES: readonly RequestColumn[] = SUMMED
export type SummedRow = Pick<RequestRow, (typeof SUMMED)[number]>

/** What a request adds to each sum. */
const AMOUNTS: Readonly<Record<UsageSum, (row: SummedRow) => number>> = {
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

const EACH = USAGE_SUMS.map((sum) => AMOUNTS[sum])

interface Summed {
  readonly row: SummedRow
  readonly start: number
  readonly values: Float64Array
}

/** What rows add to the sums of their hours and days: one for each that are alike. Days are the sums of their hours. */
export function rollUp(rows: Iterable<SummedRow>): readonly UsageRow[] {
  const hours = sumsOfHours(rows)
  return [
    ...[...hours.values()].map((sums) => usageRow('hour', sums)),
    ...[...sumsOfDays(hours).values()].map((sums) => usageRow('day', sums)),
  ]
}

function sumsOfHours(rows: Iterable<SummedRow>): ReadonlyMap<string, Summed> {
  const hours = new Map<string, Summed>()
  for (const row of rows) {
    const { values } = summedAt(hours, row, row.time - (row.time % HOUR_MS))
    for (let index = 0; index < EACH.length; index += 1) values[index] = (values[index] ?? 0) + (EACH[index]?.(row) ?? 0)
  }
  return hours
}

function sumsOfDays(hours: ReadonlyMap<string, Summed>): ReadonlyMap<string, Summed> {
  const days = new Map<string, Summed>()
  for (const { row, start, values: hour } of hours.values()) {
    const { values } = summedAt(days, row, start - (start % DAY_MS))
    for (let index = 0; index < EACH.length; index += 1) values[index] = (values[index] ?? 0) + (hour[index] ?? 0)
  }
  return days
}

function summedAt(sums: Map<string, Summed>, row: SummedRow, start: number): Summed {
  let name = String(start)
  for (const dimension of USAGE_DIMENSIONS) name += `\0${row[dimension]}`
  let known = sums.get(name)
  if (known === undefined) sums.set(name, (known = { row, start, values: new Float64Array(EACH.length) }))
  return known
}

function usageRow(step: UsageStep, { row, start, values }: Summed): UsageRow {
  const dimensions = Object.fromEntries(USAGE_DIMENSIONS.map((name) => [name, row[name]]))
  const amounts = Object.fromEntries(USAGE_SUMS.map((name, index) => [name, values[index] ?? 0]))
  // All dimensions and all sums are there.
  return { step, start, ...dimensions, ...amounts } as UsageRow
}

function hasBit(flags: number, bit: number): 0 | 1 {
  return (flags & bit) === 0 ? 0 : 1
}

export function noUsage(): Record<UsageSum, number> {
  return Object.fromEntries(USAGE_SUMS.map((name) => [name, 0])) as Record<UsageSum, number>
}
