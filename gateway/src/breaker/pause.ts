import { numberAt } from '../lib/number-at.ts'
/**
 * What a backend asked for by 429, or by 503 with a time: to be left alone for a while. It says that the backend works
 * and knows its limits, so it is no failure and the breaker does not see it.
 */

/** Monotonic milliseconds. */
const UNTIL = 0
/** In a row, without hint. */
const UNHINTED = 1

/** Length of the vector; all 0 is not paused. */
export const PAUSE_SIZE = 2

/** Longer hints are not believed, and no pause is longer. */
const MAXIMUM_MS = 300_000
const FIRST_UNHINTED_MS = 1_000
const MAXIMUM_UNHINTED_MS = 60_000

/**
 * Pauses for `hintMs` within 0 and five minutes; without a hint for 1 s, and twice as long each time that follows, up
 * to 60 s. Never shortens a pause. Returns until when it is paused, monotonic ms.
 */
export function pauseFor(state: Float64Array, hintMs: number | undefined, now: number): number {
  const until = boundedUntil(state, now)
  if (hintMs !== undefined) {
    state[UNHINTED] = 0
    return extend(state, until, now + Math.min(Math.max(hintMs, 0), MAXIMUM_MS))
  }
  // Calls that were out together are refused together: their refusals are one, not the whole row of back-offs.
  if (now < until) return until
  const unhinted = numberAt(state, UNHINTED)
  state[UNHINTED] = unhinted + 1
  return extend(state, until, now + Math.min(FIRST_UNHINTED_MS * 2 ** unhinted, MAXIMUM_UNHINTED_MS))
}

/** A call succeeded: the next pause without hint is a first one. The pause itself stays, for the call may be older. */
export function resumeAfterSuccess(state: Float64Array): void {
  state[UNHINTED] = 0
}

/** Until when, monotonic ms; undefined when not paused. */
export function pausedUntil(state: Float64Array, now: number): number | undefined {
  const until = boundedUntil(state, now)
  return now < until ? until : undefined
}

/** By hand: over at once, and the next one without hint is a first one. Returns whether there was one. */
export function endPause(state: Float64Array, now: number): boolean {
  const was = pausedUntil(state, now) !== undefined
  state.fill(0)
  return was
}

/** Written back, so that after a clock that was set back the pause ends once and does not move along with `now`. */
function boundedUntil(state: Float64Array, now: number): number {
  const until = Math.min(numberAt(state, UNTIL), now + MAXIMUM_MS)
  state[UNTIL] = until
  return until
}

function extend(state: Float64Array, until: number, proposed: number): number {
  const later = Math.max(until, proposed)
  state[UNTIL] = later
  return later
}
