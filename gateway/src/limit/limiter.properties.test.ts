import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Limiter, LimitSettings } from './limiter.ts'
import { createLimiter } from './registry.ts'

/** What holds for every algorithm. How each counts is compared with a model in its own test. */

interface Kind {
  readonly settings: LimitSettings
  /** Units that pass in one tick, by ones, when it is new. */
  readonly capacity: number
  /** The longest that it may deny what it could admit when nothing is overdrawn. */
  readonly ownMs: number
}

const rate = fc.integer({ min: 1, max: 1000 }).map((perSecond) => perSecond / 1000)
const small = fc.integer({ min: 1, max: 30 })

const kinds: fc.Arbitrary<Kind> = fc.oneof(
  fc
    .record({ perMs: rate, burst: small })
    .map(({ perMs, burst }): Kind => ({ settings: { algorithm: 'token-bucket', perMs, burst }, capacity: burst, ownMs: burst / perMs })),
  fc.record({ perMs: rate, queue: fc.integer({ min: 0, max: 10 }) }).map(
    // The last one admitted may cost up to MOST_COST, all of which is in front of the next.
    ({ perMs, queue }): Kind => ({ settings: { algorithm: 'leaky-bucket', perMs, queue }, capacity: queue + 1, ownMs: MOST_COST / perMs }),
  ),
  fc.record({ limit: small, windowMs: fc.integer({ min: 1, max: 5000 }) }).map(({ limit, windowMs }): Kind => ({
    settings: { algorithm: 'sliding-window', limit, windowMs },
    capacity: limit,
    ownMs: 2 * windowMs,
  })),
  fc
    .record({ perMs: rate, warmUpMs: fc.integer({ min: 0, max: 5000 }), coldFactor: fc.integer({ min: 1, max: 5 }) })
    .map(({ perMs, warmUpMs, coldFactor }): Kind => ({
      settings: { algorithm: 'warm-up', perMs, warmUpMs, coldFactor },
      capacity: 1,
      ownMs: (MOST_COST * coldFactor) / perMs,
    })),
)
const MOST_COST = 12

const settles = fc.record({ pick: fc.nat(20), amount: fc.integer({ min: -15, max: MOST_COST }) })
const forward = fc.record({
  waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 500 })),
  cost: fc.integer({ min: 0, max: MOST_COST }),
})
const anyWay = fc.record({ waitMs: fc.integer({ min: -6000, max: 6000 }), cost: fc.integer({ min: 0, max: MOST_COST }) })

/** Takes what passes. */
function takes(limiter: Limiter, state: Float64Array, { cost, now }: { readonly cost: number; readonly now: number }): boolean {
  if (limiter.check(state, cost, now).kind === 'deny') return false
  limiter.take(state, cost, now)
  return true
}

function passesAtOnce(limiter: Limiter, state: Float64Array, now: number): number {
  let passed = 0
  while (passed < 1000 && takes(limiter, state, { cost: 1, now })) passed += 1
  return passed
}

describe('every limiter', () => {
  it('tells what is left: whole, never negative, and exactly what passes', () => {
    const steps = fc.array(fc.tuple(anyWay, fc.option(settles)), { maxLength: 40 })
    fc.assert(
      fc.property(kinds, steps, ({ settings, capacity }, steps) => {
        const limiter = createLimiter(settings)
        const state = new Float64Array(limiter.size)
        const open: { readonly cost: number; readonly takenAt: number }[] = []
        let now = 1e6
        for (const [{ waitMs, cost }, settle] of steps) {
          now += waitMs
          // So that a step back is noted, even where the cost is 0.
          limiter.check(state, 1, now)
          if (takes(limiter, state, { cost, now })) open.push({ cost, takenAt: now })
          const [done] = settle === null ? [] : open.splice(settle.pick, 1)
          if (settle !== null && done !== undefined) {
            limiter.give(state, Math.min(settle.amount, done.cost), { takenAt: done.takenAt, now })
            limiter.release(state, done.cost)
          }
          const level = limiter.level(state, now)
          expect(level.limit).toBe(capacity)
          expect(Number.isInteger(level.remaining) && level.remaining >= 0 && level.remaining <= level.limit).toBe(true)
          expect(level.resetMs >= 0 && Number.isFinite(level.resetMs)).toBe(true)
          expect(state.every((number) => number >= 0 && Number.isFinite(number))).toBe(true)
          expect(passesAtOnce(limiter, state.slice(), now)).toBe(level.remaining)
          expect(limiter.level(state, now + level.resetMs + 0.01)).toEqual({ limit: capacity, remaining: capacity, resetMs: 0 })
        }
      }),
      { numRuns: 150 },
    )
  })

  it('says truly when to come back, and check changes nothing', () => {
    fc.assert(
      fc.property(kinds, fc.array(forward, { maxLength: 40 }), ({ settings }, steps) => {
        const limiter = createLimiter(settings)
        const state = new Float64Array(limiter.size)
        let now = 1e6
        for (const { waitMs, cost } of steps) {
          now += waitMs
          const before = [...state]
          const verdict = limiter.check(state, cost, now)
          if (verdict.kind === 'deny' && verdict.retryAfterMs < Infinity) {
            expect(limiter.check(state, cost, now + verdict.retryAfterMs)).toMatchObject({ kind: 'pass' })
            // Not where that would be a step back of the clock, which is noted in the state.
            const shortlyBefore = now + verdict.retryAfterMs - 0.05
            if (shortlyBefore >= now) expect(limiter.check(state, cost, shortlyBefore)).toMatchObject({ kind: 'deny' })
          }
          expect([...state]).toEqual(before)
          if (verdict.kind === 'pass') limiter.take(state, cost, now)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('wins nothing when the clock steps back, and blocks no longer than its own time', () => {
    const stepsBack = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.constant(3_600_000), fc.constant(1e7))
    fc.assert(
      fc.property(
        kinds,
        fc.array(forward, { maxLength: 20 }),
        stepsBack,
        fc.integer({ min: 1, max: MOST_COST }),
        (kind, steps, backMs, cost) => {
          const limiter = createLimiter(kind.settings)
          const state = new Float64Array(limiter.size)
          let now = 1.5e7
          for (const { waitMs, cost } of steps) {
            now += waitMs
            takes(limiter, state, { cost, now })
          }
          const before = limiter.check(state, cost, now)
          const left = limiter.level(state, now).remaining
          now -= backMs
          expect(limiter.level(state, now).remaining).toBeLessThanOrEqual(left)
          const after = limiter.check(state, cost, now)
          if (before.kind === 'deny') expect(after.kind).toBe('deny')
          if (after.kind === 'pass' || after.retryAfterMs === Infinity) return
          expect(after.retryAfterMs).toBeLessThanOrEqual(kind.ownMs + 0.01)
          expect(limiter.check(state, cost, now + after.retryAfterMs)).toMatchObject({ kind: 'pass' })
        },
      ),
      { numRuns: 300 },
    )
  })

  it('has after an hour of idleness what a new one has, and no more', () => {
    fc.assert(
      fc.property(kinds, fc.array(fc.tuple(forward, fc.option(settles)), { maxLength: 20 }), ({ settings, capacity }, steps) => {
        const limiter = createLimiter(settings)
        const state = new Float64Array(limiter.size)
        let now = 0
        for (const [{ waitMs, cost }, settle] of steps) {
          now += waitMs
          if (!takes(limiter, state, { cost, now }) || settle === null) continue
          limiter.give(state, Math.min(settle.amount, cost), { takenAt: now, now })
        }
        now += 3_600_000
        expect(limiter.level(state, now)).toEqual({ limit: capacity, remaining: capacity, resetMs: 0 })
        expect(passesAtOnce(limiter, state, now)).toBe(capacity)
      }),
      { numRuns: 150 },
    )
  })

  it.each<[LimitSettings, number]>([
    [{ algorithm: 'token-bucket', perMs: 100 / 60_000, burst: 100 }, 100],
    [{ algorithm: 'leaky-bucket', perMs: 100 / 60_000, queue: 99 }, 100],
    [{ algorithm: 'leaky-bucket', perMs: 100 / 60_000, queue: 0 }, 1],
    [{ algorithm: 'sliding-window', limit: 100, windowMs: 60_000 }, 100],
    [{ algorithm: 'warm-up', perMs: 100 / 60_000, warmUpMs: 60_000, coldFactor: 3 }, 1],
    [{ algorithm: 'concurrency', limit: 100 }, 100],
  ])('%j admits of 2,000 in one tick exactly %i', (settings, expected) => {
    const limiter = createLimiter(settings)
    const state = new Float64Array(limiter.size)
    let admitted = 0
    for (let count = 0; count < 2000; count += 1) if (takes(limiter, state, { cost: 1, now: 123_456.789 })) admitted += 1
    expect(admitted).toBe(expected)
  })

  it.each<[LimitSettings, (owed: number) => number[]]>([
    [{ algorithm: 'token-bucket', perMs: 1, burst: 1 }, (owed) => [owed, 0]],
    [{ algorithm: 'leaky-bucket', perMs: 1, queue: 0 }, (owed) => [owed, 0]],
    [{ algorithm: 'sliding-window', limit: 1, windowMs: 1000 }, (owed) => [0, owed, 0]],
    [{ algorithm: 'warm-up', perMs: 1, warmUpMs: 0, coldFactor: 1 }, (owed) => [0, owed, 0]],
  ])('%j forgives what rounding leaves, half a millionth of a unit, and not two', (settings, stateOf) => {
    const limiter = createLimiter(settings)
    const said = [0.5e-6, 2e-6].map((owed) => {
      const state = Float64Array.from(stateOf(owed))
      return [limiter.check(state, 1, 0).kind, limiter.level(state, 0).remaining]
    })
    expect(said).toEqual([
      ['pass', 1],
      ['deny', 0],
    ])
  })

  it('admits around the edge of a minute no more than the burst and what came in', () => {
    const admitted = [
      { algorithm: 'token-bucket', perMs: 100 / 60_000, burst: 100 } as const,
      { algorithm: 'sliding-window', limit: 100, windowMs: 60_000 } as const,
    ].map((settings) => {
      const limiter = createLimiter(settings)
      const state = new Float64Array(limiter.size)
      return [passesAtOnce(limiter, state, 59_900), passesAtOnce(limiter, state, 60_100), passesAtOnce(limiter, state, 60_600)]
    })
    expect(admitted).toEqual([
      [100, 0, 1],
      [100, 0, 1],
    ])
  })
})
