import { numberAt } from '../lib/number-at.ts'
/**
 * A credential that the backend does not accept (its 401 or 403). Asking on would only be refused on, and may get the
 * account locked; but it may be mended on the other side, so it is tried again now and then. A person has to act: the
 * caller says so loudly, once, which is why it is told whether this is news.
 */

/** Monotonic milliseconds. */
const UNTIL = 0
/** 1 from the first refusal until it is accepted, also while it is tried again. */
const REFUSED = 1

/** Length of the vector, one for each credential; all 0 is not parked. */
export const CREDENTIAL_SIZE = 2

const PARK_MS = 60_000

/** Skips the credential for 60 s from now. Returns whether it was newly parked: the first refusal since it was accepted. */
export function parkCredential(state: Float64Array, now: number): boolean {
  const isNew = state[REFUSED] !== 1
  state[UNTIL] = now + PARK_MS
  state[REFUSED] = 1
  return isNew
}

/** Until when it is skipped, monotonic ms; undefined when it may be used. */
export function credentialParkedUntil(state: Float64Array, now: number): number | undefined {
  const until = Math.min(numberAt(state, UNTIL), now + PARK_MS)
  // Written back: after a clock that was set back, the time ends once and does not move along with `now`.
  state[UNTIL] = until
  return now < until ? until : undefined
}

/** The backend took it, or it was replaced. Returns whether it had been refused. */
export function credentialAccepted(state: Float64Array): boolean {
  const wasRefused = state[REFUSED] === 1
  state.fill(0)
  return wasRefused
}
