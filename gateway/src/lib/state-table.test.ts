import { expect, it } from 'vitest'
import { copyOnUse, createStateTable } from './state-table.ts'

it('a copy begins with what the original has, and whatever is done to it, the original stays as it was', () => {
  const table = createStateTable()
  table.vector('a', 2).set([1, 2])
  const copy = copyOnUse(table)
  expect([...copy.vector('a', 2)]).toEqual([1, 2])
  copy.vector('a', 2)[0] = 9
  copy.vector('b', 1)[0] = 7
  expect([...copy.vector('a', 2)]).toEqual([9, 2])
  expect([...(copy.peek('b') ?? [])]).toEqual([7])
  expect([...table.vector('a', 2)]).toEqual([1, 2])
  expect(table.peek('b')).toBeUndefined()
})
