import { numberAt } from '../lib/number-at.ts'
/**
 * How many retries a route may spend, so that an outage is not answered with a multiple of its traffic (protection.md
 * P2). Each request adds a share of a retry, each retry takes a whole one. Over any run of requests without a success the
 * retries are at most `ratio` x requests + START. As long as calls to the route succeed, there is a floor besides: then
 * the failures are those of single instances, and a new route has not earned what its first clients need.
 */

/** Retries spent, less those earned; below 0 there is credit. Zero when new, at which START may be spent. */
const SPENT = 0
/** Calls that failed since the last one that went well. */
const FAILED = 1
/** The second for which the floor is counted (monotonic milliseconds at its begin), and how much of it was used. */
const FLOOR_FROM = 2
const FLOOR_USED = 3

export const RETRY_BUDGET_SIZE = 4

/** What a new route may spend before any request has earned it. */
const START = 3
/** What may be saved up in good times. */
const CAP = 10
/** So many calls failed in a row that it is not one instance's failure: no floor, and few retries at a time. */
const BREACH = 3
const FLOOR_PER_SECOND = 10
/** Sums of tenths fall a hair short of a whole. */
const TOLERANCE = 1e-9
const LEAST_CONCURRENT = 3
const CONCURRENT_SHARE = 0.2

export interface RetryLoad {
  /** Requests that are being answered, and those of them that are in a second call or a later one. */
  readonly active: number
  readonly retrying: number
  /** Monotonic milliseconds. */
  readonly now: number
}

/** One request has come in. */
export function depositRequest(state: Float64Array, ratio: number): void {
  state[SPENT] = Math.max(START - CAP, read(state, SPENT) - ratio)
}

/** How a call ended that says something of the instance. */
export function noteCall(state: Float64Array, succeeded: boolean): void {
  state[FAILED] = succeeded ? 0 : read(state, FAILED) + 1
}

/**
 * Whether so many calls have failed in a row that it cannot be one quick instance among others that still work on
 * their answers: as many as requests are being answered.
 */
export function isOutage(state: Float64Array, active: number): boolean {
  return read(state, FAILED) >= Math.max(BREACH, active)
}

/** Takes one retry out of the budget; false, with nothing taken, where there is none. */
export function takeRetry(state: Float64Array, { active, retrying, now }: RetryLoad): boolean {
  const inBreach = read(state, FAILED) >= BREACH
  if (inBreach && retrying >= Math.max(LEAST_CONCURRENT, CONCURRENT_SHARE * active)) return false
  if (START - read(state, SPENT) >= 1 - TOLERANCE) {
    state[SPENT] = read(state, SPENT) + 1
    return true
  }
  return !inBreach && takeFloor(state, now)
}

function takeFloor(state: Float64Array, now: number): boolean {
  // A clock that was set back begins a new second, too.
  if (Math.abs(now - read(state, FLOOR_FROM)) >= 1_000) {
    state[FLOOR_FROM] = now
    state[FLOOR_USED] = 0
  }
  const used = read(state, FLOOR_USED)
  if (used >= FLOOR_PER_SECOND) return false
  state[FLOOR_USED] = used + 1
  return true
}

function read(state: Float64Array, field: number): number {
  return numberAt(state, field)
}
