import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { depositShare, draw, mayDraw, RATIO_BUDGET_SIZE } from './ratio-budget.ts'

const create = (requests: number, ratio: number) => {
  const state = new Float64Array(RATIO_BUDGET_SIZE)
  for (let count = 0; count < requests; count += 1) depositShare(state, ratio)
  return state
}

describe('the ratio budget', () => {
  it('has nothing when new', () => {
    expect(RATIO_BUDGET_SIZE).toBe(1)
    expect(mayDraw(create(0, 1))).toBe(false)
  })

  it.each([
    [49, 0.02, false],
    [50, 0.02, true],
    [9, 0.1, false],
    [10, 0.1, true],
    [1, 1, true],
  ])('has after %i requests of %d each one to draw: %s', (requests, ratio, expected) => {
    expect(mayDraw(create(requests, ratio))).toBe(expected)
  })

  it('saves five at most', () => {
    const state = create(1000, 0.3)
    const drawn = [1, 2, 3, 4, 5, 6].map(() => {
      const may = mayDraw(state)
      draw(state)
      return may
    })
    expect(drawn).toEqual([true, true, true, true, true, false])
    expect([...state]).toEqual([0])
  })

  it('keeps what is left', () => {
    const state = create(3, 0.5)
    draw(state)
    expect([...state]).toEqual([0.5])
  })

  it('never pays for more than the ratio of what came', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), fc.double({ min: 0.01, max: 0.9, noNaN: true }), (comes, ratio) => {
        const state = create(0, ratio)
        let [deposits, drawn] = [0, 0]
        for (const isRequest of comes) {
          if (isRequest) {
            depositShare(state, ratio)
            deposits += 1
          } else if (mayDraw(state)) {
            draw(state)
            drawn += 1
          }
          expect(drawn).toBeLessThanOrEqual(ratio * deposits + 1e-6)
          expect(state[0]).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })
})
