import { describe, expect, it } from 'vitest'
import { lowestOf } from './lowest.ts'

const costs = (...costs: readonly number[]) => costs.map((cost) => ({ cost, weight: 1 }))
const NEVER = () => Number.NaN

describe('lowestOf', () => {
  it.each([
    [[3, 1, 2], 1],
    [[1, 2, 3], 0],
    [[3, 2, 1], 2],
    [[5], 0],
    [[1, 1 + 1e-8], 0],
    [[1 + 1e-8, 1], 1],
  ])('of %j is at %i', (present, expected) => {
    expect(lowestOf(costs(...present), ({ cost }) => cost, NEVER)).toBe(expected)
  })

  it.each([
    [[0.61, 0.17], 0],
    [[0.59, 0.17], 1],
    [[0.61, 0.16], 2],
    [[0.59, 0.16], 2],
  ])('draws a tie by weight: of 2, 3 and 1 it takes, at %j, number %i', (draws, expected) => {
    // The second has 3/5 of the first two, the third 1/6 of all.
    const left = [...draws]
    const tied = [2, 3, 1].map((weight) => ({ weight }))
    expect(
      lowestOf(
        tied,
        () => 7,
        () => left.shift() ?? Number.NaN,
      ),
    ).toBe(expected)
  })

  it('knows a tie when rounding hides it, and of nothing', () => {
    const busy = { inFlight: 3, weight: 0.9 }
    const idle = { inFlight: 1, weight: 0.3 }
    expect(busy.inFlight / busy.weight).not.toBe(idle.inFlight / idle.weight)
    for (const draw of [0, 0.999]) {
      const tied = draw === 0 ? 1 : 0
      const choose = (...present: readonly { inFlight: number; weight: number }[]) =>
        lowestOf(
          present,
          ({ inFlight, weight }) => inFlight / weight,
          () => draw,
        )
      expect(choose(busy, idle)).toBe(tied)
      expect(choose(idle, busy)).toBe(tied)
      expect(choose({ inFlight: 0, weight: 1 }, { inFlight: 0, weight: 2 })).toBe(tied)
    }
  })

  it('forgets the tied ones when a lower one comes', () => {
    // The draw of 0.4 wins against one of equal weight, not against the weight of three.
    expect(
      lowestOf(
        costs(2, 2, 1, 1),
        ({ cost }) => cost,
        () => 0.4,
      ),
    ).toBe(3)
  })
})
