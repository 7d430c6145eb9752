import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tierOf } from './eligible.ts'

const instances = fc.array(fc.record({ id: fc.nat(), priority: fc.integer({ min: 1, max: 5 }) }))

describe('tierOf', () => {
  it('keeps the highest tier that is there, in order', () => {
    const [a, b, c, d] = [
      { id: 'a', priority: 3 },
      { id: 'b', priority: 2 },
      { id: 'c', priority: 3 },
      { id: 'd', priority: 2 },
    ] as const
    expect(tierOf([a, b, c, d])).toEqual([b, d])
    expect(tierOf([a, c])).toEqual([a, c])
    expect(tierOf([])).toEqual([])
  })

  it('keeps exactly those of the lowest number', () => {
    fc.assert(
      fc.property(instances, (instances) => {
        const lowest = Math.min(...instances.map(({ priority }) => priority))
        expect(tierOf(instances)).toEqual(instances.filter(({ priority }) => priority === lowest))
      }),
    )
  })

  it('does not copy where there is one tier only', () => {
    const instances = [{ priority: 2 }, { priority: 2 }]
    expect(tierOf(instances)).toBe(instances)
  })
})
