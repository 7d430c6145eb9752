import { expect, it } from 'vitest'
import { numberAt } from './number-at.ts'

it('reads a number, and past the end 0', () => {
  const vector = Float64Array.of(4, 5)
  expect([0, 1, 2].map((index) => numberAt(vector, index))).toEqual([4, 5, 0])
  expect(numberAt(Uint8Array.of(7), 0)).toBe(7)
})
