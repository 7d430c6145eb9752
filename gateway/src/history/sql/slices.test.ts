import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scaleOf, slicesOf } from './slices.ts'

describe('slices', () => {
  it('stand for all rows, and hold no more than was allowed', () => {
    const rows = fc.array(fc.nat(3_000), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(rows, fc.integer({ min: 30, max: 5_000 }), (counts, mostRows) => {
        const all = counts.reduce((sum, count) => sum + count, 0)
        let next = 1
        const edges = [...counts, 0].map((count) => {
          const first = next
          next += count
          return first > all ? undefined : first
        })
        const { slices, rate } = slicesOf({ from: 0, to: 1_000, edges, last: all, mostRows })
        expect(slices.length).toBe(counts.length)
        let looked = 0
        for (const [index, slice] of slices.entries()) {
          const number = slice.seqs === undefined ? (counts[index] ?? 0) : slice.seqs.to - slice.seqs.from + 1
          looked += number
          expect(number * scaleOf(slice)).toBeCloseTo(counts[index] ?? 0, 6)
          if (slice.seqs !== undefined) expect(slice.seqs.from).toBeGreaterThanOrEqual(edges[index] ?? Infinity)
        }
        expect(looked).toBeLessThanOrEqual(mostRows + counts.length)
        expect(rate).toBeCloseTo(all === 0 ? 1 : looked / all, 6)
        expect([slices[0]?.from, slices.at(-1)?.to]).toEqual([0, 1_000])
      }),
    )
  })
})
