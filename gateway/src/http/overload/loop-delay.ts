import { monitorEventLoopDelay } from 'node:perf_hooks'

/** The part of a `perf_hooks` histogram that is looked at; values are nanoseconds. */
export interface DelayHistogram {
  readonly count: number
  percentile(percentile: number): number
  reset(): void
}

export interface LoopDelay {
  /** Milliseconds; `now` is monotonic milliseconds. */
  p99Ms(now: number): number
  stop(): void
}

/** A tick is due this often. An undelayed one is recorded as this long, which is no lateness. */
const RESOLUTION_MS = 10
const NANOSECONDS = 1e6

/** Two histograms take turns, since one cannot forget its oldest second: what is read is the last 5 to 10 s. */
const HALF_WINDOW_MS = 5_000

/**
 * How late the event loop is, p99 over the ticks of the last 10 s at most.
 *
 * Over the ticks, not over the time. A process that stood still once (a SIGSTOP, a suspended machine, one long garbage
 * collection), however long, has one late tick among 500 to 1,000, and the p99 does not see it; the same stall counted
 * by time would be a fifth of the window and shed for all of it, for something that is over. What the p99 does see is a
 * loop that is late again and again: more than one tick in a hundred. The price: stalls that are long, but fewer than
 * that (four of a second each), are not overload here. The limits of requests see those.
 */
export function createLoopDelay(startedAt: number): LoopDelay {
  const histograms = [monitorEventLoopDelay({ resolution: RESOLUTION_MS }), monitorEventLoopDelay({ resolution: RESOLUTION_MS })] as const
  for (const histogram of histograms) histogram.enable()
  const window = new DelayWindow(histograms, startedAt)
  return {
    p99Ms: (now) => window.p99Ms(now),
    stop() {
      for (const histogram of histograms) histogram.disable()
    },
  }
}

/** The two histograms, both of which record all the time. */
export class DelayWindow {
  #older: DelayHistogram
  #newer: DelayHistogram
  #turnedAt: number

  constructor([older, newer]: readonly [DelayHistogram, DelayHistogram], startedAt: number) {
    this.#older = older
    this.#newer = newer
    this.#turnedAt = startedAt
  }

  p99Ms(now: number): number {
    const ms = withoutTheWorst(this.#older) / NANOSECONDS - RESOLUTION_MS
    if (now - this.#turnedAt >= HALF_WINDOW_MS) {
      this.#turnedAt = now
      const emptied = this.#older
      emptied.reset()
      this.#older = this.#newer
      this.#newer = emptied
    }
    return Math.max(0, ms)
  }
}

/**
 * p99, but never the greatest value: with fewer than a hundred ticks (at the start; after a long stall) that would be
 * the p99, and one stall would be taken for overload.
 */
function withoutTheWorst(histogram: DelayHistogram): number {
  const { count } = histogram
  return count < 2 ? 0 : histogram.percentile(Math.min(99, 100 * (1 - 1 / count)))
}
