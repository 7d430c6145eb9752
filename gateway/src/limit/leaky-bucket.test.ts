import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { leakyBucket } from './leaky-bucket.ts'

const create = (queue: number, perMs = 0.01) => {
  const limiter = leakyBucket({ algorithm: 'leaky-bucket', perMs, queue })
  return { limiter, state: new Float64Array(limiter.size) }
}
const pass = (waitMs: number) => ({ kind: 'pass', waitMs: expect.closeTo(waitMs, 6) })
const deny = (retryAfterMs: number) => ({ kind: 'deny', retryAfterMs: expect.closeTo(retryAfterMs, 6) })

describe('leakyBucket', () => {
  it.each([0, 1, 123_456.789])('is free when new, whatever the time (%d)', (now) => {
    const { limiter, state } = create(2)
    expect(limiter.size).toBe(2)
    expect(limiter.level(state, now)).toEqual({ limit: 3, remaining: 3, resetMs: 0 })
    expect(limiter.check(state, 1, now)).toEqual(pass(0))
  })

  it('without a queue rejects what comes before the next slot', () => {
    const { limiter, state } = create(0)
    limiter.take(state, 1, 1000)
    expect(limiter.level(state, 1000)).toEqual({ limit: 1, remaining: 0, resetMs: 100 })
    expect(limiter.check(state, 1, 1000)).toEqual(deny(100))
    expect(limiter.check(state, 1, 1099)).toEqual(deny(1))
    expect(limiter.check(state, 1, 1100)).toEqual(pass(0))
    expect(limiter.level(state, 1100)).toEqual({ limit: 1, remaining: 1, resetMs: 0 })
  })

  it('lets as many wait as the queue holds, each for its slot, and says when there is a place', () => {
    const { limiter, state } = create(2)
    const waits = [0, 100, 200].map((expected) => {
      expect(limiter.check(state, 1, 0)).toEqual(pass(expected))
      limiter.take(state, 1, 0)
      return limiter.level(state, 0).remaining
    })
    expect(waits).toEqual([2, 1, 0])
    expect(limiter.check(state, 1, 0)).toEqual(deny(100))
    expect(limiter.check(state, 1, 60)).toEqual(deny(40))
    expect(limiter.check(state, 1, 100)).toEqual(pass(200))
    expect(limiter.level(state, 100)).toEqual({ limit: 3, remaining: 1, resetMs: 200 })
    expect(limiter.check(state, 1, 150)).toEqual(pass(150))
  })

  it('sends a large one when its turn comes, and the next when it is paid', () => {
    const { limiter, state } = create(0)
    expect(limiter.check(state, 500, 0)).toEqual(pass(0))
    limiter.take(state, 500, 0)
    expect(limiter.check(state, 1, 0)).toEqual(deny(50_000))
    limiter.give(state, 480, { takenAt: 0, now: 1000 })
    expect(limiter.check(state, 1, 1000)).toEqual(deny(1000))
    limiter.give(state, -3, { takenAt: 0, now: 1000 })
    expect(limiter.check(state, 1, 1000)).toEqual(deny(1300))
    limiter.give(state, 99, { takenAt: 0, now: 1000 })
    expect([...state]).toEqual([0, 1000])
  })

  it('lets a cost of 0 pass in front of all, and changes nothing', () => {
    const { limiter, state } = create(1)
    limiter.take(state, 9, 7)
    expect(limiter.check(state, 0, 3)).toEqual(pass(0))
    limiter.take(state, 0, 90)
    limiter.release(state, 1)
    expect([...state]).toEqual([9, 7])
  })

  it('wins nothing when the clock steps back, and does not wait until it has caught up', () => {
    const { limiter, state } = create(1)
    limiter.take(state, 1, 1e6)
    limiter.take(state, 1, 1e6)
    expect(limiter.level(state, 40)).toEqual({ limit: 2, remaining: 0, resetMs: 200 })
    expect(limiter.check(state, 1, 40)).toEqual(deny(100))
    expect(limiter.check(state, 1, 140)).toEqual(pass(100))
  })

  it('does as a list of slots: who waits is counted, and the slots are never closer than the rate', () => {
    const step = fc.integer({ min: 0, max: 40 })
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 30 }),
        fc.array(step, { maxLength: 80 }),
        (queue, slotMs, steps) => {
          const { limiter, state } = create(queue, 1 / slotMs)
          const slots: number[] = []
          let now = 0
          const isFreeAt = (time: number) => (slots.at(-1) ?? -Infinity) + slotMs <= time
          const hasPlaceAt = (time: number) => isFreeAt(time) || slots.filter((slot) => slot > time).length < queue
          for (const waitMs of steps) {
            now += waitMs
            const verdict = limiter.check(state, 1, now)
            expect(verdict.kind).toBe(hasPlaceAt(now) ? 'pass' : 'deny')
            if (verdict.kind === 'deny') {
              const ticks = Math.ceil(verdict.retryAfterMs - 1e-4)
              expect([hasPlaceAt(now + ticks - 1), hasPlaceAt(now + ticks)]).toEqual([false, true])
              continue
            }
            const slot = isFreeAt(now) ? now : (slots.at(-1) ?? 0) + slotMs
            expect(verdict.waitMs).toBeCloseTo(slot - now, 4)
            limiter.take(state, 1, now)
            slots.push(slot)
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('in sum never sends more than the rate and one, though places are given back', () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 15 }), fc.boolean())
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const { limiter, state } = create(5, 0.1)
        const waiting: { readonly slot: number; readonly takenAt: number }[] = []
        const sent: number[] = []
        let now = 0
        for (const [waitMs, leaves] of steps) {
          now += waitMs
          while ((waiting[0]?.slot ?? Infinity) <= now) sent.push(waiting.shift()?.slot ?? Number.NaN)
          const verdict = limiter.check(state, 1, now)
          if (verdict.kind === 'pass') {
            limiter.take(state, 1, now)
            waiting.push({ slot: now + verdict.waitMs, takenAt: now })
            waiting.sort((left, right) => left.slot - right.slot)
          }
          const gone = leaves ? waiting.pop() : undefined
          if (gone !== undefined) limiter.give(state, 1, { takenAt: gone.takenAt, now })
        }
        for (const [before, slot] of sent.entries()) expect(before + 1).toBeLessThanOrEqual(1 + slot * 0.1 + 1e-6)
      }),
      { numRuns: 100 },
    )
  })
})
