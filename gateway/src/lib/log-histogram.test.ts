import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LOG_HISTOGRAM_SIZE, quantileOf, timeClass } from './log-histogram.ts'

test('nothing counted has no quantile', () => {
  expect(quantileOf(new Uint32Array(LOG_HISTOGRAM_SIZE), 0.5)).toBeUndefined()
})

test('a quantile is within a tenth of the true one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 1, max: 1_000_000, noNaN: true }), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (times, quantile) => {
        const counts = new Uint32Array(LOG_HISTOGRAM_SIZE)
        for (const time of times) counts[timeClass(time)] = (counts[timeClass(time)] ?? 0) + 1
        const exact = times.toSorted((a, b) => a - b)[Math.ceil(times.length * quantile) - 1] ?? 0
        expect((quantileOf(counts, quantile) ?? 0) / exact).toBeGreaterThan(0.909)
        expect((quantileOf(counts, quantile) ?? 0) / exact).toBeLessThan(1.1)
      },
    ),
  )
})

test('times beyond the classes are counted in the outermost', () => {
  expect([timeClass(0), timeClass(-5), timeClass(0.3), timeClass(1e12)]).toEqual([0, 0, 0, LOG_HISTOGRAM_SIZE - 1])
})
