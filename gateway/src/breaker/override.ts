/** What an operator said of an instance at run time, apart from the config: it is not to be asked, for good or for a while. */

import { numberAt } from '../lib/number-at.ts'

/** Index into KINDS. */
const KIND = 0
/** Monotonic milliseconds; Infinity where it holds until it is taken back. */
const UNTIL = 1

/** Length of the vector, one for each instance; all 0 is no override. */
export const OVERRIDE_SIZE = 2

const KINDS = ['none', 'disabled', 'draining'] as const
export type OverrideKind = Exclude<(typeof KINDS)[number], 'none'>

/** Not to be asked from now on, until `until`. */
export function setOverride(state: Float64Array, kind: OverrideKind, until: number): void {
  state[KIND] = KINDS.indexOf(kind)
  state[UNTIL] = until
}

export function clearOverride(state: Float64Array): void {
  state.fill(0)
}

/** What holds now; undefined when nothing does. */
export function overrideOf(state: Float64Array, now: number): OverrideKind | undefined {
  if (state[KIND] === 0 || now >= numberAt(state, UNTIL)) return undefined
  return state[KIND] === 1 ? 'disabled' : 'draining'
}
