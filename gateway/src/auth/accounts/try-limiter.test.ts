import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TryLimiter } from './try-limiter.ts'

const limits = { tries: 3, windowMs: 1_000, longestMs: 4_000, forgetMs: 60_000 }

describe('TryLimiter', () => {
  it('shuts for twice as long each time, up to the longest, and forgets', () => {
    let now = 0
    const limiter = new TryLimiter(() => now, limits)
    const waits = []
    for (let round = 0; round < 5; round += 1) {
      for (let index = 0; index < limits.tries; index += 1) expect(limiter.take(['a'])).toBeUndefined()
      const wait = limiter.take(['a']) ?? 0
      waits.push(wait)
      now += wait * 1_000
    }
    expect(waits).toEqual([1, 2, 4, 4, 4])
    now += limits.forgetMs + 1
    for (let index = 0; index < limits.tries; index += 1) limiter.take(['a'])
    expect(limiter.take(['a'])).toBe(1)
  })

  it('counts nothing when one of several is shut', () => {
    const limiter = new TryLimiter(() => 0, limits)
    for (let index = 0; index < limits.tries; index += 1) limiter.take(['a'])
    for (let index = 0; index < 10; index += 1) expect(limiter.take(['a', 'b'])).toBe(1)
    expect(limiter.take(['b'])).toBeUndefined()
  })

  it('is open again when the last try that it had was no failure', () => {
    const limiter = new TryLimiter(() => 0, limits)
    for (let round = 0; round < 20; round += 1) {
      expect(limiter.take(['a'])).toBeUndefined()
      limiter.giveBack('a')
    }
    limiter.take(['a'])
    limiter.take(['a'])
    limiter.take(['a'])
    expect(limiter.take(['a'])).toBe(1)
    limiter.giveBack('a')
    expect(limiter.take(['a'])).toBeUndefined()
    expect(limiter.take(['a'])).toBe(1)
  })

  it('never lets more through than it may, however tries fall', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 }), (pauses) => {
        let now = 0
        const limiter = new TryLimiter(() => now, limits)
        const passed: number[] = []
        for (const pause of pauses) {
          now += pause
          if (limiter.take(['a']) === undefined) passed.push(now)
        }
        // A window that is over may end where the next begins.
        for (const [index, time] of passed.entries())
          expect(time - (passed[index - 2 * limits.tries] ?? -Infinity)).toBeGreaterThanOrEqual(limits.windowMs)
      }),
    )
  })
})
