import { NEVER, PASS, TOLERANCE, wholeUnits, type Limiter, type SettingsOf } from './limiter.ts'
import { numberAt } from '../lib/number-at.ts'

/** When the current window began. Windows are aligned to multiples of their length. */
const START = 0
const CURRENT = 1
const PREVIOUS = 2

interface Counts {
  readonly start: number
  readonly elapsedMs: number
  /** Units of the window that began at `start`. */
  readonly current: number
  /** Units of the one before. */
  readonly previous: number
}

type Settings = SettingsOf<'sliding-window'>

/**
 * Two counters stand for the last `windowMs`: all of the current window, and of the previous one the share that the last
 * `windowMs` still reaches into, as if its units had come evenly. No window has more than `limit`; and a full one leaves
 * nothing at the beginning of the next, so that twice the limit can't pass around the boundary.
 */
export function slidingWindow(settings: Settings): Limiter {
  const { limit, windowMs } = settings
  return {
    size: 3,
    check(state, cost, now) {
      if (cost === 0) return PASS
      if (cost > limit) return NEVER
      const counts = countsAt(state, windowMs, now)
      if (counts.start < numberAt(state, START)) store(state, counts)
      if (used(counts, windowMs) + cost <= limit + TOLERANCE) return PASS
      return { kind: 'deny', retryAfterMs: untilRoom(counts, limit - cost, windowMs) }
    },
    take(state, cost, now) {
      if (cost === 0) return
      const counts = countsAt(state, windowMs, now)
      store(state, { ...counts, current: counts.current + cost })
    },
    give(state, amount, times) {
      if (amount === 0) return
      const counts = countsAt(state, windowMs, times.now)
      store(state, amount > 0 ? refunded(counts, amount, windowsSince(times.takenAt, counts, windowMs)) : charged(counts, -amount))
    },
    release() {},
    level(state, now) {
      const counts = countsAt(state, windowMs, now)
      return { limit, remaining: wholeUnits(limit - used(counts, windowMs)), resetMs: untilEmpty(counts, windowMs) }
    },
  }
}

function countsAt(state: Float64Array, windowMs: number, now: number): Counts {
  const start = startOf(now, windowMs)
  const elapsedMs = now - start
  const current = numberAt(state, CURRENT)
  const previous = numberAt(state, PREVIOUS)
  // Rounded, since multiples of a window of, say, 0.1 ms are not exact.
  const passed = Math.round((start - numberAt(state, START)) / windowMs)
  // The clock stepped back: what was counted is of this window, so that there is no more room than before the step.
  if (passed < 0) return { start, elapsedMs, current: current + previous, previous: 0 }
  if (passed === 0) return { start, elapsedMs, current, previous }
  return { start, elapsedMs, current: 0, previous: passed === 1 ? current : 0 }
}

function store(state: Float64Array, { start, current, previous }: Counts): void {
  state[START] = start
  state[CURRENT] = current
  state[PREVIOUS] = previous
}

function startOf(now: number, windowMs: number): number {
  return Math.floor(now / windowMs) * windowMs
}

function used({ elapsedMs, current, previous }: Counts, windowMs: number): number {
  return current + previous * (1 - elapsedMs / windowMs)
}

/** How long until no more than `most` is used, if nothing else comes: `used` = `most`, solved for the time. */
function untilRoom({ elapsedMs, current, previous }: Counts, most: number, windowMs: number): number {
  const toNextMs = windowMs - elapsedMs
  if (current <= most) return toNextMs - (windowMs * (most - current)) / previous
  return toNextMs + windowMs * (1 - most / current)
}

function untilEmpty({ elapsedMs, current, previous }: Counts, windowMs: number): number {
  if (current > 0) return 2 * windowMs - elapsedMs
  return previous > 0 ? windowMs - elapsedMs : 0
}

function windowsSince(takenAt: number, { start }: Counts, windowMs: number): number {
  return Math.round((start - startOf(takenAt, windowMs)) / windowMs)
}

/** Given back to the window that it was taken from, as if it had never been taken. That of an older window has long been free again. */
function refunded(counts: Counts, amount: number, windowsAgo: number): Counts {
  if (windowsAgo > 1) return counts
  if (windowsAgo === 1) return { ...counts, previous: Math.max(0, counts.previous - amount) }
  return { ...counts, current: Math.max(0, counts.current - amount) }
}

/** Charged to the current window, whenever it was taken: what a long answer costs too much would be forgotten otherwise. */
function charged(counts: Counts, amount: number): Counts {
  return { ...counts, current: counts.current + amount }
}
