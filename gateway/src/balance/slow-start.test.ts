import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { slowStartFactor } from './slow-start.ts'

const time = fc.double({ min: 0, max: 1e13, noNaN: true })

describe('slowStartFactor', () => {
  it.each([
    ['just back', 1_000, 1_000, 30_000, 0.1],
    ['still at the least', 1_000, 3_500, 30_000, 0.1],
    ['half way', 1_000, 16_000, 30_000, 0.5],
    ['at the end', 1_000, 31_000, 30_000, 1],
    ['long after', 1_000, 1e12, 30_000, 1],
    ['clock set back', 50_000, 10_000, 30_000, 0.1],
    ['never down', 0, 5, 30_000, 1],
    ['turned off', 1_000, 1_000, 0, 1],
  ])('%s', (_, recoveredAtMs, nowMs, slowStartMs, expected) => {
    expect(slowStartFactor(recoveredAtMs, nowMs, slowStartMs)).toBe(expected)
  })

  it('stays within 0.1 and 1 and only grows with time', () => {
    fc.assert(
      fc.property(time, time, time, fc.nat(3_600_000), (recoveredAtMs, nowMs, laterMs, slowStartMs) => {
        const factor = slowStartFactor(recoveredAtMs, nowMs, slowStartMs)
        expect(factor).toBeGreaterThanOrEqual(0.1)
        expect(factor).toBeLessThanOrEqual(1)
        expect(slowStartFactor(recoveredAtMs, nowMs + laterMs, slowStartMs)).toBeGreaterThanOrEqual(factor)
      }),
    )
  })
})
