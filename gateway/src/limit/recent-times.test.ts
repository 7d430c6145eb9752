import { expect, it } from 'vitest'
import { RECENT_TIMES_SIZE, recordTime, timeWithin } from './recent-times.ts'

function after(times: readonly number[]): Float64Array {
  const state = new Float64Array(RECENT_TIMES_SIZE)
  for (const time of times) recordTime(state, time)
  return state
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

it('knows nothing before it has seen 20', () => {
  expect(timeWithin(after(upTo(19)), 0.95)).toBeUndefined()
  expect(timeWithin(after(upTo(20)), 0.95)).toBe(19)
})

it.each([
  [0, 1],
  [0.5, 32],
  [0.95, 61],
  [1, 64],
])('the quantile %d of 1 to 64, in any order, is %d', (quantile, expected) => {
  expect(timeWithin(after(upTo(64).toReversed()), quantile)).toBe(expected)
})

it('forgets all but the last 64', () => {
  expect(timeWithin(after([...Array.from({ length: 30 }, () => 9_999), ...upTo(64)]), 1)).toBe(64)
})
