import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { slidingWindow } from './sliding-window.ts'

const create = (limit = 100, windowMs = 1000) => {
  const limiter = slidingWindow({ algorithm: 'sliding-window', limit, windowMs })
  return { limiter, state: new Float64Array(limiter.size) }
}
const PASS = { kind: 'pass', waitMs: 0 }
const deny = (retryAfterMs: number) => ({ kind: 'deny', retryAfterMs: expect.closeTo(retryAfterMs, 6) })
const NEVER = { kind: 'deny', retryAfterMs: Infinity }

describe('slidingWindow', () => {
  it.each([0, 1, 123_456.789, 3.6e9])('is empty when new, whatever the time (%d)', (now) => {
    const { limiter, state } = create()
    expect(limiter.size).toBe(3)
    expect(limiter.level(state, now)).toEqual({ limit: 100, remaining: 100, resetMs: 0 })
    expect(limiter.check(state, 100, now)).toEqual(PASS)
    expect(limiter.check(state, 101, now)).toEqual(NEVER)
  })

  it('does not let twice the limit pass around the boundary', () => {
    const { limiter, state } = create()
    limiter.take(state, 100, 5999)
    expect(limiter.check(state, 1, 5999)).toEqual(deny(11))
    expect(limiter.check(state, 1, 6000)).toEqual(deny(10))
    expect(limiter.check(state, 1, 6001)).toEqual(deny(9))
    expect(limiter.check(state, 1, 6009)).toEqual(deny(1))
    expect(limiter.check(state, 1, 6010)).toEqual(PASS)
    expect(limiter.check(state, 2, 6010)).toEqual(deny(10))
    expect(limiter.level(state, 6250)).toEqual({ limit: 100, remaining: 25, resetMs: 750 })
  })

  it('says the earliest time, in this window, at its end, in the next, and after two', () => {
    const { limiter, state } = create()
    limiter.take(state, 60, 1500)
    limiter.take(state, 50, 2500)
    // 60 (1 - e) + 50 = 80 at e = 0.5
    expect(limiter.check(state, 20, 2500)).toEqual(PASS)
    expect(limiter.check(state, 35, 2500)).toEqual(deny(250))
    expect(limiter.check(state, 50, 2500)).toEqual(deny(500))
    expect(limiter.check(state, 60, 2500)).toEqual(deny(700))
    expect(limiter.check(state, 100, 2500)).toEqual(deny(1500))
    expect(limiter.check(state, 100, 3999)).toEqual(deny(1))
    expect(limiter.check(state, 100, 4000)).toEqual(PASS)
    expect(limiter.level(state, 2500)).toEqual({ limit: 100, remaining: 20, resetMs: 1500 })
  })

  it('forgets the window before the last', () => {
    const { limiter, state } = create()
    limiter.take(state, 100, 0)
    expect(limiter.level(state, 1999)).toEqual({ limit: 100, remaining: 99, resetMs: 1 })
    expect(limiter.level(state, 2000)).toEqual({ limit: 100, remaining: 100, resetMs: 0 })
    limiter.take(state, 7, 2000)
    expect([...state]).toEqual([2000, 7, 0])
    limiter.take(state, 8, 3_600_000)
    expect([...state]).toEqual([3_600_000, 8, 0])
    limiter.take(state, 1, 3_601_999)
    expect([...state]).toEqual([3_601_000, 1, 8])
  })

  it('lets a cost of 0 pass when it is full, and changes nothing', () => {
    const { limiter, state } = create()
    limiter.take(state, 100, 1000)
    expect(limiter.check(state, 0, 3)).toEqual(PASS)
    limiter.take(state, 0, 2000)
    limiter.give(state, 0, { takenAt: 1000, now: 2000 })
    limiter.release(state, 5)
    expect([...state]).toEqual([1000, 100, 0])
  })

  it.each([
    ['this window', 5100, 30, [5000, 20, 60]],
    ['this window, more than there is', 5000, 51, [5000, 0, 60]],
    ['the previous window', 4999, 30, [5000, 50, 30]],
    ['the previous window, more than there is', 4000, 61, [5000, 50, 0]],
    ['an older one', 3999, 30, [5000, 50, 60]],
    ['a time that has not come, for the clock stepped back', 6500, 30, [5000, 20, 60]],
  ])('gives back to %s what was taken there', (_, takenAt, amount, expected) => {
    const { limiter, state } = create()
    limiter.take(state, 60, 4500)
    limiter.take(state, 50, 5500)
    limiter.give(state, amount, { takenAt, now: 5600 })
    expect([...state]).toEqual(expected)
  })

  it('gives back after the window has gone by', () => {
    const { limiter, state } = create()
    limiter.take(state, 60, 4500)
    limiter.give(state, 20, { takenAt: 4500, now: 5100 })
    expect([...state]).toEqual([5000, 0, 40])
    limiter.give(state, 20, { takenAt: 4500, now: 6100 })
    expect([...state]).toEqual([6000, 0, 0])
  })

  it('charges to the current window what was used beyond the estimate, and denies until it is over', () => {
    const { limiter, state } = create()
    limiter.take(state, 60, 1500)
    limiter.give(state, -140, { takenAt: 1500, now: 9250 })
    expect([...state]).toEqual([9000, 140, 0])
    expect(limiter.level(state, 9250)).toEqual({ limit: 100, remaining: 0, resetMs: 1750 })
    expect(limiter.check(state, 30, 9250)).toEqual(deny(1250))
  })

  it('wins nothing when the clock steps back, and does not wait until it has caught up', () => {
    const { limiter, state } = create()
    limiter.take(state, 60, 7500)
    limiter.take(state, 30, 8500)
    expect(limiter.level(state, 5900)).toEqual({ limit: 100, remaining: 10, resetMs: 1100 })
    expect(limiter.level(state, 8400)).toEqual({ limit: 100, remaining: 34, resetMs: 1600 })
    expect([...state]).toEqual([8000, 30, 60])
    expect(limiter.check(state, 55, 5900)).toEqual(deny(100 + 500))
    expect([...state]).toEqual([5000, 90, 0])
    expect(limiter.check(state, 55, 6500)).toEqual(PASS)
    expect([...state]).toEqual([5000, 90, 0])
  })

  it('knows its windows where their multiples are not exact', () => {
    const { limiter, state } = create(10, 0.1)
    const third = Math.floor(0.35 / 0.1) * 0.1
    limiter.take(state, 10, 0.25)
    expect(limiter.check(state, 1, third)).toEqual({ kind: 'deny', retryAfterMs: expect.closeTo(0.01, 9) })
    expect(limiter.level(state, third).remaining).toBe(0)
  })

  it('does as a list of all that was taken, where a refund was never there', () => {
    const step = fc.record({
      waitMs: fc.integer({ min: 0, max: 50 }),
      cost: fc.integer({ min: 0, max: 12 }),
      settle: fc.option(fc.nat(8)),
      unused: fc.integer({ min: -5, max: 12 }),
    })
    const settings = fc.record({
      limit: fc.integer({ min: 1, max: 20 }),
      windowMs: fc.integer({ min: 1, max: 60 }),
      from: fc.integer({ min: 0, max: 1e6 }),
    })
    fc.assert(
      fc.property(settings, fc.array(step, { maxLength: 60 }), ({ limit, windowMs, from }, steps) => {
        const { limiter, state } = create(limit, windowMs)
        const taken: { units: number; readonly at: number }[] = []
        const open: { units: number; readonly at: number }[] = []
        const indexOf = (time: number) => Math.floor(time / windowMs)
        const inWindow = (index: number) => taken.filter(({ at }) => indexOf(at) === index).reduce((sum, { units }) => sum + units, 0)
        /** Times `windowMs`, so that all is whole. */
        const usedAt = (time: number) => inWindow(indexOf(time)) * windowMs + inWindow(indexOf(time) - 1) * (windowMs - (time % windowMs))
        const fitsAt = (cost: number, time: number) => usedAt(time) + cost * windowMs <= limit * windowMs
        let now = from
        for (const { waitMs, cost, settle, unused } of steps) {
          now += waitMs
          const verdict = limiter.check(state, cost, now)
          expect(verdict.kind).toBe(cost === 0 || fitsAt(cost, now) ? 'pass' : 'deny')
          if (verdict.kind === 'pass') {
            limiter.take(state, cost, now)
            const entry = { units: cost, at: now }
            taken.push(entry)
            open.push(entry)
            expect(cost === 0 || inWindow(indexOf(now)) <= limit).toBe(true)
          } else if (cost > limit) {
            expect(verdict.retryAfterMs).toBe(Infinity)
          } else {
            const ticks = Math.ceil(verdict.retryAfterMs - 1e-4)
            expect([fitsAt(cost, now + ticks - 1), fitsAt(cost, now + ticks)]).toEqual([false, true])
          }
          const [entry] = settle === null ? [] : open.splice(settle, 1)
          if (entry !== undefined) {
            const amount = Math.min(unused, entry.units)
            limiter.give(state, amount, { takenAt: entry.at, now })
            if (amount > 0) entry.units -= amount
            else taken.push({ units: -amount, at: now })
          }
          expect(limiter.level(state, now).remaining).toBe(Math.max(0, Math.floor((limit * windowMs - usedAt(now)) / windowMs)))
        }
      }),
      { numRuns: 100 },
    )
  })

  it('is exact to a unit after 10,000 reservations that are settled late, in any order', () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 4_000 }), fc.nat(7), fc.integer({ min: 0, max: 4_000 }))
    fc.assert(
      fc.property(fc.array(step, { minLength: 10_000, maxLength: 10_000 }), (steps) => {
        const { limiter, state } = create(100_000, 60)
        const byWindow = new Map<number, number>()
        const add = (time: number, units: number) => {
          const index = Math.floor(time / 60)
          byWindow.set(index, (byWindow.get(index) ?? 0) + units)
        }
        const open: { readonly cost: number; readonly takenAt: number }[] = []
        let now = 0
        for (const [waitMs, cost, pick, unused] of steps) {
          now += waitMs
          if (limiter.check(state, cost, now).kind === 'pass') {
            limiter.take(state, cost, now)
            add(now, cost)
            open.push({ cost, takenAt: now })
          }
          const [done] = open.length > 7 ? open.splice(pick, 1) : []
          if (done === undefined) continue
          const amount = Math.min(unused, done.cost)
          limiter.give(state, amount, { takenAt: done.takenAt, now })
          add(done.takenAt, -amount)
        }
        const index = Math.floor(now / 60)
        expect(Math.max(...byWindow.values())).toBeLessThanOrEqual(100_000)
        expect([...limiterCounts(state, now, 60)]).toEqual([byWindow.get(index) ?? 0, byWindow.get(index - 1) ?? 0])
      }),
      { numRuns: 2, endOnFailure: true },
    )
  })
})

/** The counters as of `now`, if nothing has been taken since the last window. */
function limiterCounts([start = 0, current = 0, previous = 0]: Float64Array, now: number, windowMs: number): readonly [number, number] {
  const passed = Math.floor(now / windowMs) - start / windowMs
  return passed === 0 ? [current, previous] : [0, passed === 1 ? current : 0]
}
