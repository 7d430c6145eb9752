import { expect, test } from 'vitest'
import { createGrowingSequence } from './growing-sequence.ts'

interface Item {
  readonly name: string
  known: boolean
  complete: boolean
  pending: string[]
}

const item = (name: string, rest: Partial<Item> = {}): Item => ({ name, known: true, complete: true, pending: [], ...rest })

function sequence() {
  return createGrowingSequence<Item, string>({
    open: ({ name, known }, index) => (known ? [`open ${name} ${index}`] : undefined),
    take: ({ name, pending }, index) => pending.splice(0).map((text) => `${name} ${index} ${text}`),
    isComplete: ({ complete }) => complete,
    close: ({ name }, index, isLast) => [`close ${name} ${index}${isLast ? ' last' : ''}`],
  })
}

test('the last one grows until another begins', () => {
  const items = sequence()
  expect([items.advance(), items.latest(), items.opened()]).toEqual([[], undefined, undefined])
  const a = item('a', { pending: ['1'] })
  items.append(a)
  expect([items.latest(), items.opened()]).toEqual([a, undefined])
  expect(items.advance()).toEqual(['open a 0', 'a 0 1'])
  expect(items.opened()).toBe(a)
  a.pending.push('2')
  expect(items.advance()).toEqual(['a 0 2'])
  const b = item('b')
  items.append(b)
  expect(items.latest()).toBe(b)
  expect(items.advance()).toEqual(['close a 0', 'open b 1'])
  expect(items.finish()).toEqual(['close b 1 last'])
  expect([items.opened(), items.finish(), items.latest()]).toEqual([undefined, [], b])
})

test('what is not complete holds those behind it back', () => {
  const items = sequence()
  const a = item('a', { complete: false })
  const b = item('b', { pending: ['1'] })
  const c = item('c')
  for (const one of [a, b, c]) items.append(one)
  expect(items.advance()).toEqual(['open a 0'])
  a.pending.push('1')
  expect(items.advance()).toEqual(['a 0 1'])
  a.complete = true
  expect(items.advance()).toEqual(['close a 0', 'open b 1', 'b 1 1', 'close b 1', 'open c 2'])
})

test('so does what can not be opened yet, which is never told of if the end comes first', () => {
  const items = sequence()
  const a = item('a', { known: false })
  items.append(a)
  items.append(item('b'))
  expect(items.advance()).toEqual([])
  expect(items.finish()).toEqual(['open b 0', 'close b 0 last'])
  const later = sequence()
  const late = item('late', { known: false })
  later.append(late)
  later.append(item('c'))
  expect(later.advance()).toEqual([])
  late.known = true
  expect(later.advance()).toEqual(['open late 0', 'close late 0', 'open c 1'])
})
