import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fadedLatency, LATENCY_SIZE, latencyOf, noteAsked, recordLatency } from './latency.ts'

const fresh = () => new Float64Array(LATENCY_SIZE)

function recorded(...samples: readonly (readonly [sampleMs: number, now: number])[]): Float64Array {
  const latency = fresh()
  for (const [sampleMs, now] of samples) recordLatency(latency, sampleMs, now)
  return latency
}

describe('recordLatency', () => {
  it('knows nothing at first, and then the first sample', () => {
    expect(latencyOf(fresh())).toBe(0)
    expect(latencyOf(recorded([120, 0]))).toBe(120)
    expect(latencyOf(recorded([120, 5_000]))).toBe(120)
  })

  it('believes a slower one at once', () => {
    expect(latencyOf(recorded([120, 0], [121, 0]))).toBe(121)
    expect(latencyOf(recorded([120, 0], [9_000, 1]))).toBe(9_000)
  })

  it.each([
    [0, 1_000],
    [1_000, 1_000 - 900 * (1 - Math.exp(-0.1))],
    [10_000, 100 + 900 / Math.E],
    [1e9, 100],
  ])('believes a quicker one %i ms later by the time that has passed', (later, expected) => {
    expect(latencyOf(recorded([1_000, 500], [100, 500 + later]))).toBeCloseTo(expected, 9)
  })

  it('counts the time from the last sample', () => {
    const latency = recorded([1_000, 0], [1_000, 10_000], [100, 11_000])
    expect(latencyOf(latency)).toBeCloseTo(1_000 - 900 * (1 - Math.exp(-0.1)), 9)
    noteAsked(latency, 11_000)
    const before = latencyOf(latency)
    recordLatency(latency, 100, 21_000)
    expect(latencyOf(latency)).toBeCloseTo(100 + (before - 100) / Math.E, 9)
  })

  it.each([0, -5])('takes %i ms for an answer', (sampleMs) => {
    expect(latencyOf(recorded([sampleMs, 0]))).toBe(0.001)
  })

  it('believes a quicker one that comes after the clock was set back', () => {
    expect(latencyOf(recorded([1_000, 3_600_000], [100, 0]))).toBeCloseTo(100, 9)
  })

  it('stays between the samples, never below the last', () => {
    const samples = fc.array(fc.tuple(fc.double({ min: 0.001, max: 1e6, noNaN: true }), fc.nat(1e7)), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(samples, (samples) => {
        const latency = fresh()
        let highest = 0
        for (const [sampleMs, now] of samples) {
          recordLatency(latency, sampleMs, now)
          highest = Math.max(highest, sampleMs)
          expect(latencyOf(latency)).toBeGreaterThanOrEqual(sampleMs)
          expect(latencyOf(latency)).toBeLessThanOrEqual(highest * (1 + 1e-12))
        }
      }),
    )
  })
})

describe('fadedLatency', () => {
  it.each([
    [1_000, 800],
    [11_000, 400],
    [21_000, 200],
  ])('at %i is %d of 800 as of 1,000', (now, expected) => {
    expect(fadedLatency(recorded([800, 1_000]), 800, now)).toBeCloseTo(expected, 9)
  })

  it('counts from the last answer or the last call, whichever is later', () => {
    const latency = recorded([800, 1_000])
    noteAsked(latency, 11_000)
    expect(fadedLatency(latency, 800, 11_000)).toBe(800)
    expect(fadedLatency(latency, 800, 21_000)).toBeCloseTo(400, 9)
    recordLatency(latency, 800, 21_000)
    expect(fadedLatency(latency, 800, 31_000)).toBeCloseTo(400, 9)
  })

  it('is of the estimate that it is given, and changes nothing', () => {
    const latency = recorded([800, 1_000])
    const before = latency.slice()
    expect(fadedLatency(latency, 40, 11_000)).toBeCloseTo(20, 9)
    expect(latency).toEqual(before)
  })

  it('takes a clock that was set back for time that has passed', () => {
    const latency = recorded([800, 31_000])
    noteAsked(latency, 31_000)
    expect(fadedLatency(latency, 800, 11_000)).toBeCloseTo(200, 9)
  })
})
