import { expect, it } from 'vitest'
import { IdleConnections, MOST_RESTING, REST_MS } from './idle-connections.ts'

const connection = (name: string | number) => ({ name, idleSince: Number.NaN })

it('gives none out before it has rested, and of those that have the one that was used last', () => {
  const idle = new IdleConnections<ReturnType<typeof connection>>()
  idle.add(connection('a'), 0)
  idle.add(connection('b'), 1)
  idle.add(connection('c'), 2)
  expect(idle.takeRested(REST_MS - 0.1)).toBeUndefined()
  expect([idle.takeRested(REST_MS + 1)?.name, idle.takeRested(REST_MS + 1)?.name, idle.takeRested(REST_MS + 1)]).toEqual([
    'b',
    'a',
    undefined,
  ])
  expect([idle.count, idle.takeRested(REST_MS + 2)?.name, idle.count]).toEqual([1, 'c', 0])
})

it('gives out the one that was used last where none needs to rest', () => {
  const idle = new IdleConnections<ReturnType<typeof connection>>()
  for (const name of ['a', 'b', 'c']) idle.add(connection(name), 0)
  expect(idle.takeRested(REST_MS)?.name).toBe('c')
  idle.add(connection('d'), REST_MS)
  expect(['d', 'b', 'a', undefined].map(() => idle.takeLast()?.name)).toEqual(['d', 'b', 'a', undefined])
})

it('gives out the one that has rested longest where too many rest', () => {
  const idle = new IdleConnections<ReturnType<typeof connection>>()
  for (let number = 0; number < MOST_RESTING; number += 1) idle.add(connection(number), 0)
  expect([idle.takeRested(1)?.name, idle.takeRested(1)]).toEqual([0, undefined])
  idle.add(connection('more'), 1)
  expect(idle.takeRested(1)?.name).toBe(1)
})

it('forgets one that is gone, wherever it is, and all at once', () => {
  const idle = new IdleConnections<ReturnType<typeof connection>>()
  const [a, b, c] = [connection('a'), connection('b'), connection('c')]
  idle.add(a, 0)
  idle.add(b, 0)
  expect(idle.takeRested(REST_MS)).toBe(b)
  idle.add(c, REST_MS)
  expect([idle.remove(b), idle.remove(a), idle.remove(c), idle.count]).toEqual([false, true, true, 0])
  idle.add(a, REST_MS)
  expect([idle.clear(), idle.count, idle.takeRested(Infinity)]).toEqual([[a], 0, undefined])
})
