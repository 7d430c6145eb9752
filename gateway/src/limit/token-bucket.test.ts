import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tokenBucket } from './token-bucket.ts'

/** 100 a minute. */
const PER_MINUTE = 100 / 60_000
const bucket = (perMs: number, burst: number) => tokenBucket({ algorithm: 'token-bucket', perMs, burst })
const create = (perMs = 0.01, burst = 10) => {
  const limiter = bucket(perMs, burst)
  return { limiter, state: new Float64Array(limiter.size) }
}
const PASS = { kind: 'pass', waitMs: 0 }
const deny = (retryAfterMs: number) => ({ kind: 'deny', retryAfterMs: expect.closeTo(retryAfterMs, 6) })
const NEVER = { kind: 'deny', retryAfterMs: Infinity }

describe('tokenBucket', () => {
  it.each([0, 0.5, 1, 123_456.789, 3.6e9])('is full when new, whatever the time (%d)', (now) => {
    const { limiter, state } = create(PER_MINUTE, 100)
    expect(limiter.size).toBe(2)
    expect(limiter.level(state, now)).toEqual({ limit: 100, remaining: 100, resetMs: 0 })
    expect(limiter.check(state, 100, now)).toEqual(PASS)
  })

  it('lets exactly the burst pass at once, then what comes in', () => {
    const { limiter, state } = create()
    for (let count = 0; count < 10; count += 1) {
      expect(limiter.check(state, 1, 500)).toEqual(PASS)
      limiter.take(state, 1, 500)
    }
    expect(limiter.level(state, 500)).toEqual({ limit: 10, remaining: 0, resetMs: 1000 })
    expect(limiter.check(state, 1, 500)).toEqual(deny(100))
    expect(limiter.check(state, 3, 540)).toEqual(deny(260))
    expect(limiter.check(state, 1, 599)).toEqual(deny(1))
    expect(limiter.check(state, 1, 600)).toEqual(PASS)
    expect(limiter.check(state, 2, 600)).toEqual(deny(100))
    expect(limiter.level(state, 650)).toEqual({ limit: 10, remaining: 1, resetMs: 850 })
  })

  it('can never pass what is above the burst', () => {
    const { limiter, state } = create()
    expect(limiter.check(state, 10, 0)).toEqual(PASS)
    expect(limiter.check(state, 11, 0)).toEqual(NEVER)
  })

  it('lets a cost of 0 pass when it is empty, and changes nothing', () => {
    const { limiter, state } = create()
    limiter.take(state, 10, 7)
    expect(limiter.check(state, 0, 3)).toEqual(PASS)
    limiter.take(state, 0, 90)
    limiter.give(state, 0, { takenAt: 7, now: 90 })
    expect([...state]).toEqual([10, 7])
  })

  it('never holds more than the burst, after a refund or an hour', () => {
    const { limiter, state } = create()
    limiter.take(state, 4, 0)
    limiter.give(state, 9, { takenAt: 0, now: 0 })
    expect([...state]).toEqual([0, 0])
    limiter.take(state, 10, 0)
    expect(limiter.level(state, 3_600_000)).toEqual({ limit: 10, remaining: 10, resetMs: 0 })
    limiter.take(state, 10, 3_600_000)
    expect(limiter.check(state, 1, 3_600_000)).toEqual(deny(100))
  })

  it('gives back exactly, and no time twice', () => {
    const { limiter, state } = create()
    limiter.take(state, 10, 0)
    limiter.give(state, 3, { takenAt: 0, now: 200 })
    expect([...state]).toEqual([5, 200])
    expect(limiter.level(state, 200)).toEqual({ limit: 10, remaining: 5, resetMs: 500 })
  })

  it('charges what was used beyond the estimate, and denies until it is paid', () => {
    const { limiter, state } = create()
    limiter.take(state, 5, 0)
    limiter.give(state, -15, { takenAt: 0, now: 100 })
    expect([...state]).toEqual([19, 100])
    expect(limiter.level(state, 100)).toEqual({ limit: 10, remaining: 0, resetMs: 1900 })
    expect(limiter.check(state, 1, 100)).toEqual(deny(1000))
    expect(limiter.check(state, 1, 1100)).toEqual(PASS)
  })

  it('has nothing to release', () => {
    const { limiter, state } = create()
    limiter.take(state, 5, 0)
    limiter.release(state, 5)
    expect([...state]).toEqual([5, 0])
  })

  it('wins nothing when the clock steps back, and does not wait until it has caught up', () => {
    const { limiter, state } = create()
    limiter.take(state, 10, 1e6)
    expect(limiter.level(state, 40)).toEqual({ limit: 10, remaining: 0, resetMs: 1000 })
    expect([...state]).toEqual([10, 1e6])
    expect(limiter.check(state, 1, 40)).toEqual(deny(100))
    expect(limiter.check(state, 1, 140)).toEqual(PASS)
    limiter.take(state, 1, 30)
    expect([...state]).toEqual([11, 30])
  })

  it('takes a new rate and a new burst at once', () => {
    const { state } = create()
    bucket(0.01, 10).take(state, 10, 0)
    expect(bucket(0.02, 10).check(state, 1, 50)).toEqual(PASS)
    expect(bucket(0.01, 4).level(state, 100)).toEqual({ limit: 4, remaining: 0, resetMs: 900 })
  })

  it('does as a bucket in whole thousandths that is filled every millisecond', () => {
    const step = fc.record({
      waitMs: fc.integer({ min: 0, max: 60 }),
      cost: fc.integer({ min: 0, max: 12 }),
      settled: fc.integer({ min: -4, max: 12 }),
    })
    const settings = fc.record({ milli: fc.integer({ min: 1, max: 500 }), burst: fc.integer({ min: 1, max: 20 }) })
    fc.assert(
      fc.property(settings, fc.array(step, { maxLength: 60 }), ({ milli, burst }, steps) => {
        const { limiter, state } = create(milli / 1000, burst)
        let now = 0
        let held = burst * 1000
        const fill = (ms: number, from: number) => {
          let filled = from
          for (let tick = 0; tick < ms; tick += 1) filled = Math.min(burst * 1000, filled + milli)
          return filled
        }
        for (const { waitMs, cost, settled } of steps) {
          now += waitMs
          held = fill(waitMs, held)
          const verdict = limiter.check(state, cost, now)
          const isAllowed = cost === 0 || held >= cost * 1000
          expect(verdict.kind).toBe(isAllowed ? 'pass' : 'deny')
          if (isAllowed) {
            const takenAt = now
            limiter.take(state, cost, now)
            held -= cost * 1000
            now += 3
            held = fill(3, held)
            const amount = Math.min(settled, cost)
            limiter.give(state, amount, { takenAt, now })
            held = Math.min(burst * 1000, held + amount * 1000)
          } else if (verdict.kind === 'deny' && cost <= burst) {
            const ticks = Math.ceil(verdict.retryAfterMs - 1e-6)
            expect(fill(ticks, held)).toBeGreaterThanOrEqual(cost * 1000)
            expect(fill(ticks - 1, held)).toBeLessThan(cost * 1000)
          }
          expect(limiter.level(state, now).remaining).toBe(Math.max(0, Math.floor(held / 1000)))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('is exact to a unit after 10,000 reservations that are settled late, in any order, for less or for more', () => {
    const step = fc.tuple(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 1, max: 4_000 }),
      fc.nat(7),
      fc.integer({ min: -200, max: 4_000 }),
    )
    fc.assert(
      fc.property(fc.array(step, { minLength: 10_000, maxLength: 10_000 }), (steps) => {
        // 100,000 tokens a minute are 5/3 in a millisecond; counted in thirds all is whole.
        const { limiter, state } = create(5 / 3, 100_000)
        let now = 0
        let thirds = 300_000
        let admitted = 0
        const open: { readonly cost: number; readonly takenAt: number }[] = []
        for (const [waitMs, cost, pick, unused] of steps) {
          now += waitMs
          thirds = Math.min(300_000, thirds + 5 * waitMs)
          if (limiter.check(state, cost, now).kind === 'pass') {
            limiter.take(state, cost, now)
            thirds -= 3 * cost
            admitted += cost
            open.push({ cost, takenAt: now })
          }
          const [done] = open.length > 7 ? open.splice(pick, 1) : []
          if (done !== undefined) {
            const amount = Math.min(unused, done.cost)
            limiter.give(state, amount, { takenAt: done.takenAt, now })
            thirds = Math.min(300_000, thirds + 3 * amount)
            admitted -= amount
          }
          if (admitted > 100_000 + (now * 5) / 3 + 0.001 + 200) throw new Error(`${admitted} admitted after ${now} ms`)
        }
        expect(limiter.level(state, now).remaining).toBe(Math.max(0, Math.floor(thirds / 3)))
        expect(100_000 - limiter.level(state, now).resetMs * (5 / 3)).toBeCloseTo(thirds / 3, 3)
      }),
      { numRuns: 2, endOnFailure: true },
    )
  })
})
