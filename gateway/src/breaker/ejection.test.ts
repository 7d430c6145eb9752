import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mayEject } from './ejection.ts'

describe('mayEject', () => {
  it.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 1],
    [4, 2],
    [5, 2],
    [6, 3],
    [7, 3],
    [101, 50],
  ])('lets a pool of %i lose %i and no more', (size, most) => {
    let ejected = 0
    while (ejected <= size && mayEject({ size, ejected })) ejected += 1
    expect(ejected).toBe(most)
    for (let more = most; more <= size; more += 1) expect(mayEject({ size, ejected: more })).toBe(false)
  })

  it('leaves at least half, and one, however many are out for other reasons', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(1_000), (size, ejected) => {
        if (!mayEject({ size, ejected })) return
        expect(size - ejected - 1).toBeGreaterThanOrEqual(size / 2)
        expect(size - ejected - 1).toBeGreaterThanOrEqual(1)
      }),
    )
  })
})
