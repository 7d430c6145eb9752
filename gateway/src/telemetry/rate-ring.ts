import { ERROR_CLASSES, type ErrorClass } from '@jairouter/contract/management/series-names'
import { LOG_HISTOGRAM_SIZE, quantileOf, timeClass } from '../lib/log-histogram.ts'
import type { RequestRecord } from './request-record.ts'

const BUCKET_MS = 10_000
/** An hour, and the bucket that is being filled. */
const BUCKETS = 361
const HOUR_MS = 3_600_000

/** Columns of a bucket. */
const REQUESTS = 0
const OK = 1
const ATTEMPTS = 2
const ATTEMPTS_OK = 3
const PROMPT_TOKENS = 4
const COMPLETION_TOKENS = 5
const CLASSES = 6
const COLUMNS = CLASSES + ERROR_CLASSES.length

const TIMES = LOG_HISTOGRAM_SIZE

/** What was counted in a time; durations in milliseconds, null where there is nothing to tell. */
export interface Rates {
  readonly seconds: number
  readonly requests: number
  readonly perSecond: number
  readonly errors: Readonly<Record<ErrorClass, number>>
  /** Of requests that the gateway could have answered: without those whose clients left or were refused for what they sent. */
  readonly clientSuccess: number | null
  readonly attempts: number
  readonly attemptSuccess: number | null
  readonly promptTokens: number
  readonly completionTokens: number
  readonly durationMs: { readonly p50: number | null; readonly p95: number | null }
  readonly firstByteMs: { readonly p50: number | null; readonly p95: number | null }
}

/** What the last hour was like, in buckets of ten seconds: 230 kB, whatever comes. */
export class RateRing {
  readonly #counts = new Float64Array(BUCKETS * COLUMNS)
  readonly #durations = new Uint32Array(BUCKETS * TIMES)
  readonly #firstBytes = new Uint32Array(BUCKETS * TIMES)
  /** Number of the bucket that each place holds. */
  readonly #numbers = new Float64Array(BUCKETS).fill(-1)

  /** `now` is monotonic milliseconds, from 0. */
  add(record: RequestRecord, now: number): void {
    const place = this.#placeAt(now)
    const counts = this.#counts
    const column = place * COLUMNS
    const failure = errorClassOf(record)
    bump(counts, column + REQUESTS)
    bump(counts, column + (failure === undefined ? OK : CLASSES + ERROR_CLASSES.indexOf(failure)))
    for (const { outcome } of record.attempts) {
      if (!isJudged(outcome)) continue
      bump(counts, column + ATTEMPTS)
      if (outcome === 'ok') bump(counts, column + ATTEMPTS_OK)
    }
    if (record.usage !== undefined) {
      bump(counts, column + PROMPT_TOKENS, record.usage.promptTokens)
      bump(counts, column + COMPLETION_TOKENS, record.usage.completionTokens)
    }
    bump(this.#durations, place * TIMES + timeClass(record.durationMs))
    if (record.firstByteMs !== undefined) bump(this.#firstBytes, place * TIMES + timeClass(record.firstByteMs))
  }

  /** Of the last `spanMs`, up to an hour, to whole buckets. */
  over(spanMs: number, now: number): Rates {
    const last = Math.floor(now / BUCKET_MS)
    const first = Math.max(0, Math.floor((now - Math.min(spanMs, HOUR_MS)) / BUCKET_MS) + 1)
    const sums = new Float64Array(COLUMNS)
    const durations = new Float64Array(TIMES)
    const firstBytes = new Float64Array(TIMES)
    for (let number = first; number <= last; number += 1) {
      const place = number % BUCKETS
      if (this.#numbers[place] !== number) continue
      addTo(sums, this.#counts.subarray(place * COLUMNS, (place + 1) * COLUMNS))
      addTo(durations, this.#durations.subarray(place * TIMES, (place + 1) * TIMES))
      addTo(firstBytes, this.#firstBytes.subarray(place * TIMES, (place + 1) * TIMES))
    }
    const seconds = Math.max(1, (now - first * BUCKET_MS) / 1_000)
    return describe(sums, { durations, firstBytes, seconds })
  }

  /** Empties the place where it holds an older bucket. */
  #placeAt(now: number): number {
    const number = Math.floor(now / BUCKET_MS)
    const place = number % BUCKETS
    if (this.#numbers[place] !== number) {
      this.#numbers[place] = number
      this.#counts.fill(0, place * COLUMNS, (place + 1) * COLUMNS)
      this.#durations.fill(0, place * TIMES, (place + 1) * TIMES)
      this.#firstBytes.fill(0, place * TIMES, (place + 1) * TIMES)
    }
    return place
  }
}

/** Whoever lost a race or was left says nothing of the instance. */
export function isJudged(outcome: string): boolean {
  return outcome !== 'hedge_lost' && outcome !== 'client_closed' && outcome !== 'aborted_by_operator'
}

/** Undefined where the client was answered. */
export function errorClassOf({ status, code }: Pick<RequestRecord, 'status' | 'code'>): ErrorClass | undefined {
  if (code === undefined && status < 400) return undefined
  if (status === 499 || code === 'client_closed') return 'left'
  if (status === 429) return 'limited'
  if (status === 504 || code === 'upstream_timeout') return 'timeout'
  if (status === 503) return 'unavailable'
  if (status === 500 || code === 'internal_error') return 'internal'
  return status >= 400 && status < 500 ? 'client' : 'upstream'
}

function describe(sums: Float64Array, times: Pick<Counted, 'durations' | 'firstBytes' | 'seconds'>): Rates {
  const at = (column: number) => sums[column] ?? 0
  const errors = Object.fromEntries(ERROR_CLASSES.map((name, index) => [name, at(CLASSES + index)])) as Record<ErrorClass, number>
  return ratesOf({
    requests: at(REQUESTS),
    errors,
    judged: at(ATTEMPTS),
    succeeded: at(ATTEMPTS_OK),
    promptTokens: at(PROMPT_TOKENS),
    completionTokens: at(COMPLETION_TOKENS),
    ...times,
  })
}

/** What was counted in so many seconds, and in classes of time. */
export interface Counted extends Pick<Rates, 'requests' | 'errors' | 'promptTokens' | 'completionTokens' | 'seconds'> {
  readonly judged: number
  readonly succeeded: number
  readonly durations: Float64Array
  readonly firstBytes: Float64Array
}

export function ratesOf({ requests, errors, judged, succeeded, durations, firstBytes, seconds, ...tokens }: Counted): Rates {
  const answerable = requests - errors.left - errors.client
  const ok = requests - ERROR_CLASSES.reduce((sum, name) => sum + errors[name], 0)
  return {
    seconds: Math.round(seconds),
    requests,
    perSecond: round(requests / seconds),
    errors,
    clientSuccess: answerable === 0 ? null : ok / answerable,
    attempts: judged,
    attemptSuccess: judged === 0 ? null : succeeded / judged,
    ...tokens,
    durationMs: { p50: percentile(durations, 0.5), p95: percentile(durations, 0.95) },
    firstByteMs: { p50: percentile(firstBytes, 0.5), p95: percentile(firstBytes, 0.95) },
  }
}

function percentile(times: Float64Array, quantile: number): number | null {
  const value = quantileOf(times, quantile)
  return value === undefined ? null : round(value)
}

function bump(array: Float64Array | Uint32Array, index: number, by = 1): void {
  array[index] = (array[index] ?? 0) + by
}

function addTo(sums: Float64Array, more: Float64Array | Uint32Array): void {
  for (let index = 0; index < sums.length; index += 1) bump(sums, index, more[index])
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
