import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { percentile, spreadOf } from './statistics.ts'

test('without values there is no spread and no percentile', () => {
  expect(spreadOf([])).toBeUndefined()
  expect(percentile([], 0.5)).toBeUndefined()
})

test.each([
  { values: [3], spread: { median: 3, minimum: 3, maximum: 3, count: 1 } },
  { values: [5, 1, 3], spread: { median: 3, minimum: 1, maximum: 5, count: 3 } },
  { values: [10, 2, 4, 1], spread: { median: 3, minimum: 1, maximum: 10, count: 4 } },
])('the spread of $values', ({ values, spread }) => {
  expect(spreadOf(values)).toEqual(spread)
})

test.each([
  { share: 0, expected: 1 },
  { share: 0.5, expected: 5 },
  { share: 0.99, expected: 10 },
  { share: 1, expected: 10 },
])('percentile $share of 1 to 10, nearest rank', ({ share, expected }) => {
  expect(percentile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], share)).toBe(expected)
})

test('half of the values are not above the median, half not below it', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
      const median = spreadOf(values)?.median ?? Number.NaN
      expect(values.filter((value) => value <= median).length * 2).toBeGreaterThanOrEqual(values.length)
      expect(values.filter((value) => value >= median).length * 2).toBeGreaterThanOrEqual(values.length)
    }),
  )
})
