import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { RecentMap } from './recent-map.ts'

function filled(maximum: number, count: number, mustStay?: (key: string, value: number) => boolean): RecentMap<number> {
  const map = new RecentMap<number>(maximum, mustStay)
  for (let number = 0; number < count; number += 1) map.set(String(number), number)
  return map
}

const keysOf = (map: RecentMap<number>) => [...map.keys()].map(Number).toSorted((a, b) => a - b)

it('holds as many as it may, and then forgets the older half', () => {
  expect(keysOf(filled(6, 6))).toEqual([0, 1, 2, 3, 4, 5])
  expect(keysOf(filled(6, 7))).toEqual([3, 4, 5, 6])
  expect(keysOf(filled(6, 9))).toEqual([3, 4, 5, 6, 7, 8])
  expect(keysOf(filled(6, 10))).toEqual([6, 7, 8, 9])
})

it('keeps who is looked up', () => {
  const map = filled(6, 6)
  expect(map.get('0')).toBe(0)
  map.set('6', 6)
  map.set('7', 7)
  expect(keysOf(map)).toEqual([0, 3, 4, 5, 6, 7])
})

it('keeps what must stay', () => {
  const map = filled(4, 40, (key) => key === '3')
  expect(map.get('3')).toBe(3)
  expect(map.get('4')).toBeUndefined()
})

it('deletes from both generations', () => {
  const map = filled(4, 4)
  map.delete('0')
  map.delete('3')
  expect(keysOf(map)).toEqual([1, 2])
  expect(map.size).toBe(2)
})

it('never holds more than it may, nor forgets one of the last half', () => {
  const uses = fc.array(fc.nat(30), { maxLength: 200 })
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 20 }), uses, (maximum, keys) => {
      const map = new RecentMap<number>(maximum)
      for (const [at, number] of keys.entries()) {
        const key = String(number)
        const last = new Set(keys.slice(0, at).slice(-Math.floor(maximum / 2)))
        if (last.has(number)) expect(map.get(key)).toBe(number)
        if (map.get(key) === undefined) map.set(key, number)
        expect(map.size).toBeLessThanOrEqual(maximum)
      }
    }),
    { numRuns: 200 },
  )
})

it('lets entries be looked at without a use: nobody is kept from being forgotten', () => {
  const map = new RecentMap<number>(4)
  for (const [name, value] of [
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ] as const)
    map.set(name, value)
  expect([map.peek('a'), map.peek('none'), [...map.entries()].length]).toEqual([1, undefined, 3])
  map.set('d', 4)
  map.peek('a')
  map.set('e', 5)
  expect([map.peek('a'), map.peek('e')]).toEqual([undefined, 5])
})
