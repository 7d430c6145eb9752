/** A share of the requests that may cost one attempt more, such as a hedge: never more than `ratio` of those seen so far. */

import { numberAt } from '../lib/number-at.ts'

const SAVED = 0

/** A vector of zeros has nothing saved. */
export const RATIO_BUDGET_SIZE = 1

/** More is not saved up: after hours of calm a bad minute should not be met with a storm. */
const MOST_SAVED = 5

/** Fifty fiftieths are not always 1. */
const ROUNDING = 1e-9

/** Of every request: `ratio` of an extra attempt. */
export function depositShare(state: Float64Array, ratio: number): void {
  state[SAVED] = Math.min(MOST_SAVED, numberAt(state, SAVED) + ratio)
}

/** Whether a whole extra attempt has been saved up. */
export function mayDraw(state: Float64Array): boolean {
  return numberAt(state, SAVED) >= 1 - ROUNDING
}

/** Pays for one. Only after `mayDraw` in the same tick. */
export function draw(state: Float64Array): void {
  state[SAVED] = Math.max(0, numberAt(state, SAVED) - 1)
}
