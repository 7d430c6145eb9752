import { numberAt } from '../lib/number-at.ts'
/**
 * How many calls there were in the last `windowMs`, and how many failed: the first WINDOW_SIZE numbers of a vector.
 *
 * Ten buckets that expire by time and not by traffic. Each remembers which slot of time it holds, so that one left over
 * from an earlier round, be it an hour old or from before the clock was set back, is never taken for the present.
 */

const BUCKETS = 10

/** A bucket's numbers: the slot it holds (now / bucket length, rounded down), its samples, its failures. */
const SLOT = 0
const SAMPLES = 1
const FAILURES = 2
const BUCKET_SIZE = 3

/** The length that the buckets were filled under: slots of another length mean other times. */
const WINDOW_MS = BUCKETS * BUCKET_SIZE

export const WINDOW_SIZE = WINDOW_MS + 1

export interface WindowTime {
  /** > 0 */
  readonly windowMs: number
  /** Monotonic milliseconds, >= 0. */
  readonly now: number
}

export function addSample(state: Float64Array, failed: boolean, { windowMs, now }: WindowTime): void {
  if (state[WINDOW_MS] !== windowMs) {
    clearWindow(state)
    state[WINDOW_MS] = windowMs
  }
  const slot = slotOf(windowMs, now)
  const bucket = (slot % BUCKETS) * BUCKET_SIZE
  if (state[bucket + SLOT] !== slot) {
    state[bucket + SLOT] = slot
    state[bucket + SAMPLES] = 0
    state[bucket + FAILURES] = 0
  }
  state[bucket + SAMPLES] = numberAt(state, bucket + SAMPLES) + 1
  if (failed) state[bucket + FAILURES] = numberAt(state, bucket + FAILURES) + 1
}

export function readWindow(state: Float64Array, { windowMs, now }: WindowTime): { readonly samples: number; readonly failures: number } {
  let samples = 0
  let failures = 0
  if (state[WINDOW_MS] !== windowMs) return { samples, failures }
  const current = slotOf(windowMs, now)
  for (let bucket = 0; bucket < WINDOW_MS; bucket += BUCKET_SIZE) {
    const slot = numberAt(state, bucket + SLOT)
    if (slot > current || slot <= current - BUCKETS) continue
    samples += numberAt(state, bucket + SAMPLES)
    failures += numberAt(state, bucket + FAILURES)
  }
  return { samples, failures }
}

export function clearWindow(state: Float64Array): void {
  state.fill(0, 0, WINDOW_SIZE)
}

function slotOf(windowMs: number, now: number): number {
  return Math.floor(now / (windowMs / BUCKETS))
}
