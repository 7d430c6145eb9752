import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { warmUp } from './warm-up.ts'

/** Cold 0.02, warm 0.1 a millisecond: a straight line over 1,000 ms has 60 units. */
const create = (settings: { readonly perMs?: number; readonly warmUpMs?: number; readonly coldFactor?: number } = {}) => {
  const limiter = warmUp({ algorithm: 'warm-up', perMs: 0.1, warmUpMs: 1000, coldFactor: 5, ...settings })
  return { limiter, state: new Float64Array(limiter.size) }
}
const PASS = { kind: 'pass', waitMs: 0 }
const deny = (retryAfterMs: number) => ({ kind: 'deny', retryAfterMs: expect.closeTo(retryAfterMs, 6) })
const close = (expected: number) => expect.closeTo(expected, 6)

/** How much passes in `ms` of use from cold. */
const passed = (ms: number) => (ms <= 1000 ? 0.02 * ms + 0.00004 * ms * ms : 60 + 0.1 * (ms - 1000))

describe('warmUp', () => {
  it.each([0, 1, 123_456.789])('is free and cold when new, whatever the time (%d)', (now) => {
    const { limiter, state } = create()
    expect(limiter.size).toBe(3)
    expect(limiter.level(state, now)).toEqual({ limit: 1, remaining: 1, resetMs: 0 })
    expect(limiter.check(state, 1, now)).toEqual(PASS)
    limiter.take(state, 1, now)
    expect([...state]).toEqual([0, 1, now])
    // 0.02 t + 0.00004 t² = 1
    expect(limiter.check(state, 1, now)).toEqual(deny((Math.sqrt(0.02 * 0.02 + 4 * 0.00004) - 0.02) / 0.00008))
  })

  it('rises in a straight line, and is constant when warm', () => {
    const { limiter, state } = create()
    limiter.take(state, 200, 0)
    expect(limiter.level(state, 0)).toEqual({ limit: 1, remaining: 0, resetMs: close(1000 + 140 / 0.1) })
    for (const now of [250, 500, 1000, 1500]) {
      const { limiter, state } = create()
      limiter.take(state, passed(now), 0)
      expect(limiter.check(state, 1, now - 1)).toEqual(deny(1))
      expect(limiter.check(state, 1, now)).toEqual(PASS)
      limiter.take(state, 1e-4, now)
      // The rate at that moment.
      const rate = 1e-4 / limiter.level(state, now).resetMs
      expect(rate).toBeCloseTo(0.02 + 0.08 * Math.min(1, now / 1000), 6)
    }
    limiter.take(state, 1, 400)
    expect([...state]).toEqual([400, close(200 - passed(400) + 1), 400])
    limiter.take(state, 1, 1400)
    expect([...state]).toEqual([1000, close(200 - passed(1400) + 2), 1400])
  })

  it('admits as many as the line allows, asked for every millisecond', () => {
    const { limiter, state } = create()
    const counts = [0, 0, 0, 0]
    for (let now = 0; now < 4000; now += 1) {
      if (limiter.check(state, 1, now).kind === 'deny') continue
      limiter.take(state, 1, now)
      counts[Math.floor(now / 1000)] = (counts[Math.floor(now / 1000)] ?? 0) + 1
    }
    // Whole milliseconds between two; 60 and 100 if it were asked at any time.
    expect(counts).toEqual([58, 100, 100, 100])
  })

  it('cools while it is idle, as fast as it warmed, and is cold after an hour', () => {
    const { limiter, state } = create()
    limiter.take(state, 60, 0)
    // A slot is 10 ms when it is warm: so long a gap is no idleness.
    const after = [1000, 1010, 1310, 2009, 2010, 3_600_000].map((now) => {
      const copy = state.slice()
      limiter.take(copy, 1, now)
      return [...copy]
    })
    expect(after).toEqual([
      [close(1000), close(1), 1000],
      [close(1000), 1, 1010],
      [close(700), 1, 1310],
      [close(1), 1, 2009],
      [close(0), 1, 2010],
      [0, 1, 3_600_000],
    ])
  })

  it('lets a cost of 0 pass when there is something owed, and changes nothing', () => {
    const { limiter, state } = create()
    limiter.take(state, 9, 7)
    expect(limiter.check(state, 0, 3)).toEqual(PASS)
    limiter.take(state, 0, 90)
    limiter.give(state, 0, { takenAt: 7, now: 90 })
    limiter.release(state, 9)
    expect([...state]).toEqual([0, 9, 7])
  })

  it('is not warmed by what is given back, and charges more where more was used', () => {
    const { limiter, state } = create()
    limiter.take(state, 1000, 0)
    limiter.give(state, 990, { takenAt: 0, now: 100 })
    expect([...state]).toEqual([100, close(10 - passed(100)), 100])
    limiter.give(state, -5, { takenAt: 0, now: 100 })
    expect([...state]).toEqual([100, close(15 - passed(100)), 100])
    limiter.give(state, 16, { takenAt: 0, now: 100 })
    expect([...state]).toEqual([100, 0, 100])
    expect(limiter.check(state, 1, 100)).toEqual(PASS)
  })

  it('wins nothing when the clock steps back, and does not wait until it has caught up', () => {
    const { limiter, state } = create({ coldFactor: 1 })
    limiter.take(state, 2, 1e6)
    expect(limiter.level(state, 40)).toEqual({ limit: 1, remaining: 0, resetMs: close(20) })
    expect([...state]).toEqual([0, 2, 1e6])
    expect(limiter.check(state, 1, 40)).toEqual(deny(20))
    expect(limiter.check(state, 1, 59)).toEqual(deny(1))
    expect(limiter.check(state, 1, 60)).toEqual(PASS)
  })

  it.each([
    ['no time to warm up', { warmUpMs: 0 }],
    ['a cold factor of 1', { coldFactor: 1 }],
  ])('has a constant rate with %s', (_, settings) => {
    const { limiter, state } = create(settings)
    limiter.take(state, 3, 0)
    expect(limiter.check(state, 1, 0)).toEqual(deny(30))
    expect(limiter.check(state, 1, 10)).toEqual(deny(20))
    expect(limiter.check(state, 1, 30)).toEqual(PASS)
  })

  it('is no warmer than a shorter warm-up knows', () => {
    const { state } = create()
    create().limiter.take(state, 60, 0)
    create().limiter.take(state, 1, 1000)
    create({ warmUpMs: 100 }).limiter.take(state, 1, 1000)
    expect([...state]).toEqual([100, close(2), 1000])
  })

  it('does as a server that is moved on by hundredths of a millisecond', () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 4 }), fc.integer({ min: -1, max: 4 }))
    const settings = fc.record({ warmUpMs: fc.integer({ min: 1, max: 60 }), coldFactor: fc.integer({ min: 1, max: 6 }) })
    fc.assert(
      fc.property(settings, fc.array(step, { maxLength: 30 }), ({ warmUpMs, coldFactor }, steps) => {
        const { limiter, state } = create({ perMs: 0.5, warmUpMs, coldFactor })
        let [now, warmMs, owed, gapMs, slotMs] = [0, 0, 0, 0, 0]
        const pass = (ms: number) => {
          for (let tick = 0; tick < ms * 100; tick += 1) {
            const rate = 0.5 / coldFactor + ((0.5 - 0.5 / coldFactor) * warmMs) / warmUpMs
            if (owed > 0 || gapMs === 0) slotMs = 1 / rate
            gapMs = owed > 0 ? 0 : gapMs + 0.01
            if (owed > 0) warmMs = Math.min(warmUpMs, warmMs + 0.01)
            else if (gapMs > slotMs) warmMs = Math.max(0, warmMs - 0.01)
            owed = Math.max(0, owed - rate * 0.01)
          }
        }
        for (const [waitMs, cost, unused] of steps) {
          now += waitMs
          pass(waitMs)
          const verdict = limiter.check(state, cost, now)
          if (cost > 0 && Math.abs(owed - 0.02) > 0.02) expect(verdict.kind).toBe(owed > 0 ? 'deny' : 'pass')
          if (verdict.kind === 'deny') continue
          limiter.take(state, cost, now)
          owed += cost
          const amount = Math.min(unused, cost)
          limiter.give(state, amount, { takenAt: now, now })
          owed = Math.max(0, owed - amount)
          if (cost > 0) gapMs = 0
        }
        const copy = state.slice()
        limiter.take(copy, 1, now)
        expect(Math.abs((copy[0] ?? 0) - warmMs)).toBeLessThan(0.5)
        expect(Math.abs((copy[1] ?? 0) - owed - 1)).toBeLessThan(0.1)
      }),
      { numRuns: 60 },
    )
  })

  it('never admits more than the line from cold, and the last', () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 8 }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { limiter, state } = create()
        let now = 0
        let admitted = 0
        for (const [waitMs, cost] of steps) {
          now += waitMs
          if (limiter.check(state, cost, now).kind === 'deny') continue
          if (cost > 0) expect(admitted).toBeLessThanOrEqual(passed(now) + 1e-5)
          limiter.take(state, cost, now)
          admitted += cost
        }
      }),
    )
  })
})
