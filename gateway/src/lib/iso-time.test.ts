import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isoTime } from './iso-time.ts'

test('the same text as the one of Date, in any order of times', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4_102_444_800_000 })), (times) => {
      for (const time of times) expect(isoTime(time)).toBe(new Date(time).toISOString())
    }),
  )
})

test.each([0, 9, 10, 99, 100, 999, 1_000])('milliseconds have three digits: %i', (time) => {
  expect(isoTime(time)).toBe(new Date(time).toISOString())
})
