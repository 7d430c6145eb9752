import * as fc from 'fast-check'
import { endPause } from './pause.ts'
import { describe, expect, it } from 'vitest'
import { PAUSE_SIZE, pausedUntil, pauseFor, resumeAfterSuccess } from './pause.ts'

const fresh = () => new Float64Array(PAUSE_SIZE)

describe('a pause with a hint', () => {
  it.each([
    [2_000, 3_000],
    [0.5, 1_000.5],
    [300_000, 301_000],
    [300_001, 301_000],
    [1e12, 301_000],
    [Infinity, 301_000],
  ])('of %d ms lasts within five minutes', (hintMs, until) => {
    const state = fresh()
    expect(pauseFor(state, hintMs, 1_000)).toBe(until)
    expect(pausedUntil(state, 1_000)).toBe(until)
    expect(pausedUntil(state, until - 0.25)).toBe(until)
    expect(pausedUntil(state, until)).toBeUndefined()
  })

  it.each([0, -1, -1e12])('of %d ms is none', (hintMs) => {
    const state = fresh()
    expect(pauseFor(state, hintMs, 1_000)).toBe(1_000)
    expect(pausedUntil(state, 1_000)).toBeUndefined()
  })

  it('is not shortened by a shorter one, and is by a longer one made longer', () => {
    const state = fresh()
    pauseFor(state, 10_000, 0)
    expect(pauseFor(state, 1_000, 1_000)).toBe(10_000)
    expect(pauseFor(state, 0, 2_000)).toBe(10_000)
    expect(pausedUntil(state, 2_000)).toBe(10_000)
    expect(pauseFor(state, 9_000, 2_000)).toBe(11_000)
    expect(pausedUntil(state, 10_500)).toBe(11_000)
  })
})

describe('a pause without a hint', () => {
  it('doubles each time up to a minute', () => {
    const state = fresh()
    const lengths: number[] = []
    let now = 500
    for (let pauses = 0; pauses < 1_100; pauses += 1) {
      const until = pauseFor(state, undefined, now)
      lengths.push(until - now)
      now = until
    }
    expect(lengths.slice(0, 8)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
    expect(new Set(lengths.slice(6))).toEqual(new Set([60_000]))
  })

  it('is one for all calls that are refused while it lasts', () => {
    const state = fresh()
    for (const now of [0, 0, 10, 999]) expect(pauseFor(state, undefined, now)).toBe(1_000)
    expect(pauseFor(state, undefined, 1_000)).toBe(3_000)
    expect(pauseFor(state, undefined, 2_999)).toBe(3_000)
    expect(pauseFor(state, undefined, 3_000)).toBe(7_000)
  })

  it.each([
    ['success', (state: Float64Array) => resumeAfterSuccess(state)],
    ['hint', (state: Float64Array) => pauseFor(state, 0, 3_000)],
  ])('begins at the first again after a %s', (_, event) => {
    const state = fresh()
    pauseFor(state, undefined, 0)
    expect(pauseFor(state, undefined, 1_000)).toBe(3_000)
    event(state)
    expect(pauseFor(state, undefined, 3_000)).toBe(4_000)
    expect(pauseFor(state, undefined, 4_000)).toBe(6_000)
  })
})

it('stays while it lasts where an older call succeeds', () => {
  const state = fresh()
  pauseFor(state, 10_000, 0)
  resumeAfterSuccess(state)
  expect(pausedUntil(state, 1)).toBe(10_000)
})

it('ends five minutes after a clock was set back, once', () => {
  const state = fresh()
  pauseFor(state, 300_000, 3_600_000)
  expect(pausedUntil(state, 1_000)).toBe(301_000)
  expect(pausedUntil(state, 300_999)).toBe(301_000)
  expect(pausedUntil(state, 301_000)).toBeUndefined()
  expect(pausedUntil(state, 3_600_000)).toBeUndefined()
})

it('counts a pause from before a clock was set back as five minutes for the next one, too', () => {
  const state = fresh()
  pauseFor(state, 300_000, 3_600_000)
  expect(pauseFor(state, 10, 1_000)).toBe(301_000)
  const other = fresh()
  pauseFor(other, 300_000, 3_600_000)
  expect(pauseFor(other, undefined, 1_000)).toBe(301_000)
})

it('is never longer than five minutes, nor shortened but by the clock, whatever comes', () => {
  const hint = fc.option(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { nil: undefined })
  const events = fc.array(fc.record({ hint, stepMs: fc.integer({ min: -400_000, max: 400_000 }), succeeds: fc.boolean() }), {
    maxLength: 50,
  })
  fc.assert(
    fc.property(events, (events) => {
      const state = fresh()
      let now = 1e9
      for (const { hint, stepMs, succeeds } of events) {
        now += stepMs
        const before = pausedUntil(state, now)
        const until = pauseFor(state, hint, now)
        if (succeeds) resumeAfterSuccess(state)
        expect(until).toBeGreaterThanOrEqual(before ?? now)
        expect(until).toBeLessThanOrEqual(now + 300_000)
        expect(pausedUntil(state, now)).toBe(until > now ? until : undefined)
      }
    }),
  )
})

describe('endPause', () => {
  it('ends a pause and the row of those without hint, and says whether there was one', () => {
    const state = new Float64Array(PAUSE_SIZE)
    expect(endPause(state, 0)).toBe(false)
    pauseFor(state, undefined, 0)
    pauseFor(state, undefined, 2_000)
    expect(endPause(state, 2_001)).toBe(true)
    expect([pausedUntil(state, 2_001), pauseFor(state, undefined, 2_001)]).toEqual([undefined, 3_001])
  })
})
