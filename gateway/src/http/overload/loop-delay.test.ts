import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createLoopDelay, DelayWindow } from './loop-delay.ts'

/** A loop whose ticks are told. */
class Loop {
  readonly #histograms: readonly [RecordableHistogram, RecordableHistogram] = [createHistogram(), createHistogram()]
  readonly window = new DelayWindow(this.#histograms, 0)

  /** Ticks that took so long; 10 ms is one in time. */
  ticks(count: number, ms = 10): this {
    for (const histogram of this.#histograms) for (let tick = 0; tick < count; tick += 1) histogram.record(ms * 1e6)
    return this
  }

  p99Ms(now = 0): number {
    return Math.round(this.window.p99Ms(now))
  }
}

describe('the delay of the loop', () => {
  it('is 0 when nothing was seen, and when all was in time', () => {
    expect(new Loop().p99Ms()).toBe(0)
    expect(new Loop().ticks(500).p99Ms()).toBe(0)
    expect(new Loop().ticks(500, 5).p99Ms()).toBe(0)
  })

  it('does not see one stall, however long and however early', () => {
    for (const before of [0, 1, 5, 98, 99, 100, 500]) expect(new Loop().ticks(before).ticks(1, 2_000).p99Ms(), `${before}`).toBe(0)
  })

  it('sees a loop that is always late, also by few ticks', () => {
    expect(new Loop().ticks(2, 260).p99Ms()).toBe(250)
    expect(new Loop().ticks(40, 260).p99Ms()).toBe(250)
    expect(new Loop().ticks(40, 260).ticks(1, 5_000).p99Ms()).toBe(250)
  })

  it('sees more than one late tick in a hundred', () => {
    expect(new Loop().ticks(990).ticks(10, 260).p99Ms()).toBe(0)
    expect(new Loop().ticks(988).ticks(12, 260).p99Ms()).toBe(250)
  })

  it('forgets in 5 to 10 s', () => {
    const loop = new Loop().ticks(100, 260)
    expect([0, 1_000, 4_999, 5_000].map((now) => loop.p99Ms(now))).toEqual([250, 250, 250, 250])
    // The one that was emptied records again; the other one still holds the start.
    loop.ticks(100, 110)
    expect([5_001, 9_999].map((now) => loop.p99Ms(now))).toEqual([250, 250])
    expect(loop.p99Ms(10_000)).toBe(250)
    expect([10_001, 14_999, 15_000].map((now) => loop.p99Ms(now))).toEqual([100, 100, 100])
    expect(loop.p99Ms(15_001)).toBe(0)
  })
})

describe('the real loop', () => {
  it('is found late when it is kept busy', async () => {
    const delay = createLoopDelay(0)
    try {
      for (let stall = 0; stall < 4; stall += 1) {
        // A tick to be late against, then work that a tick falls into.
        await wait(15)
        const until = performance.now() + 60
        while (performance.now() < until);
        await turn()
      }
      // Four stalls among some ten ticks. Other work on the machine can only make it later.
      expect(delay.p99Ms(0)).toBeGreaterThan(30)
    } finally {
      delay.stop()
    }
  })

  it('is not looked at any more afterwards', async () => {
    const delay = createLoopDelay(0)
    delay.stop()
    await wait(40)
    expect(delay.p99Ms(0)).toBe(0)
  })
})
