import { numberAt } from '../lib/number-at.ts'

/** The last times to first token of a model, in a vector of numbers, and how long the slow ones among them take. */
const KEPT = 64
const SEEN = KEPT

export const RECENT_TIMES_SIZE = KEPT + 1

/** A quantile of fewer says nothing. */
const FEWEST = 20

export function recordTime(state: Float64Array, milliseconds: number): void {
  const seen = numberAt(state, SEEN)
  state[seen % KEPT] = milliseconds
  state[SEEN] = seen + 1
}

/** That time which a share of `quantile` (0 to 1) of the last 64 did not exceed; undefined while fewer than 20 are known. */
export function timeWithin(state: Float64Array, quantile: number): number | undefined {
  const count = Math.min(KEPT, numberAt(state, SEEN))
  if (count < FEWEST) return undefined
  const sorted = state.slice(0, count).sort()
  return sorted[Math.max(0, Math.ceil(count * quantile) - 1)]
}
