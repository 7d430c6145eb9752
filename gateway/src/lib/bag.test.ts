import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { Bag, type Bagged } from './bag.ts'

interface Thing extends Bagged {
  readonly name: number
}

const thing = (name: number): Thing => ({ name, place: undefined })

it('holds what was put in and not taken out, whatever the order', () => {
  const steps = fc.array(fc.record({ name: fc.nat(9), add: fc.boolean() }), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (all) => {
      const bag = new Bag<Thing>()
      const things = Array.from({ length: 10 }, (_, name) => thing(name))
      const expected = new Set<number>()
      for (const { name, add } of all) {
        const one = things[name]
        if (one === undefined) continue
        if (!add) bag.remove(one)
        else if (!expected.has(name)) bag.add(one)
        if (add) expected.add(name)
        else expected.delete(name)
        expect(new Set(bag.all().map((each) => each.name))).toEqual(expected)
        expect(bag.size).toBe(expected.size)
        expect(things.filter(({ place }) => place !== undefined)).toHaveLength(expected.size)
      }
    }),
  )
})
