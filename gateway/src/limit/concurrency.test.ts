import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concurrency } from './concurrency.ts'

const create = (limit: number) => {
  const limiter = concurrency({ algorithm: 'concurrency', limit })
  return { limiter, state: new Float64Array(limiter.size) }
}
const PASS = { kind: 'pass', waitMs: 0 }
const deny = (retryAfterMs: number) => ({ kind: 'deny', retryAfterMs })

describe('concurrency', () => {
  it('lets as many be open as it is told, and not one more', () => {
    const { limiter, state } = create(2)
    expect(limiter.size).toBe(1)
    expect(limiter.level(state, 0)).toEqual({ limit: 2, remaining: 2, resetMs: 0 })
    expect(limiter.check(state, 2, 0)).toEqual(PASS)
    expect(limiter.check(state, 3, 0)).toEqual(deny(Infinity))
    limiter.take(state, 1, 0)
    expect(limiter.level(state, 0)).toEqual({ limit: 2, remaining: 1, resetMs: 1000 })
    expect(limiter.check(state, 1, 0)).toEqual(PASS)
    expect(limiter.check(state, 2, 0)).toEqual(deny(1000))
    limiter.take(state, 1, 0)
    expect(limiter.check(state, 1, 3_600_000)).toEqual(deny(1000))
    expect(limiter.check(state, 0, 0)).toEqual(PASS)
    limiter.release(state, 1)
    expect(limiter.check(state, 1, 0)).toEqual(PASS)
    expect([...state]).toEqual([1])
  })

  it('has nothing to charge or refund for what is open: only its end gives it back', () => {
    const { limiter, state } = create(2)
    expect(limiter.holds?.(state)).toBe(false)
    limiter.take(state, 2, 0)
    expect(limiter.holds?.(state)).toBe(true)
    limiter.give(state, 1, { takenAt: 0, now: 0 })
    limiter.give(state, -1, { takenAt: 0, now: 0 })
    expect([...state]).toEqual([2])
  })

  it('makes room on release only, and never below nothing', () => {
    const { limiter, state } = create(2)
    limiter.take(state, 2, 0)
    limiter.give(state, 2, { takenAt: 0, now: 5 })
    limiter.give(state, -2, { takenAt: 0, now: 5 })
    expect([...state]).toEqual([2])
    limiter.release(state, 3)
    expect([...state]).toEqual([0])
  })

  it('counts what is open above a limit that was lowered', () => {
    const { state } = create(5)
    state[0] = 5
    expect(create(3).limiter.level(state, 0)).toEqual({ limit: 3, remaining: 0, resetMs: 1000 })
    expect(create(3).limiter.check(state, 1, 0)).toEqual(deny(1000))
  })

  it('knows exactly what is open', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.array(fc.boolean(), { maxLength: 60 }), (limit, comes) => {
        const { limiter, state } = create(limit)
        let open = 0
        for (const isNew of comes) {
          if (!isNew) {
            if (open > 0) limiter.release(state, 1)
            open = Math.max(0, open - 1)
          } else if (limiter.check(state, 1, 0).kind === 'pass') {
            limiter.take(state, 1, 0)
            open += 1
          } else expect(open).toBe(limit)
          expect(open).toBeLessThanOrEqual(limit)
          expect(limiter.level(state, 0).remaining).toBe(limit - open)
        }
      }),
    )
  })
})
