import { listQuerySchema } from '@jairouter/contract/management/list'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listPage, type FilterQuery, type ListShape } from './list-page.ts'
import { AdminProblem } from './route.ts'

interface Item {
  readonly id: string
  readonly name?: string | undefined
  readonly size?: number | undefined
  readonly tags?: readonly string[]
}

const shape: ListShape<Item> = {
  fields: { name: ({ name }) => name, size: ({ size }) => size, tags: ({ tags }) => tags ?? [] },
  id: ({ id }) => id,
  sort: 'name',
  now: 0,
}

const ask = (query: Record<string, unknown> = {}): FilterQuery => ({ ...listQuerySchema.parse({}), ...query })
const idsOf = (items: readonly Item[], query?: Record<string, unknown>) => listPage(items, ask(query), shape).items.map(({ id }) => id)

const items: Item[] = [
  { id: '1', name: 'beta', size: 10, tags: ['red', 'Blue'] },
  { id: '2', name: 'Alpha', size: 9 },
  { id: '3', size: 100, tags: ['blue'] },
]

describe('listPage', () => {
  it('sorts by any field, both ways, numbers as numbers and texts whatever their case', () => {
    expect(idsOf(items)).toEqual(['3', '2', '1'])
    expect(idsOf(items, { sort: 'size' })).toEqual(['2', '1', '3'])
    expect(idsOf(items, { sort: '-size' })).toEqual(['3', '1', '2'])
  })

  it('filters by fields, by one of several values, and by members of lists', () => {
    expect(idsOf(items, { name: 'ALPHA' })).toEqual(['2'])
    expect(idsOf(items, { size: '9,100' })).toEqual(['3', '2'])
    expect(idsOf(items, { tags: 'blue' })).toEqual(['3', '1'])
    expect(idsOf(items, { q: 'ET' })).toEqual(['1'])
    expect(idsOf(items, { q: '  ' })).toHaveLength(3)
  })

  it('counts what passed the filters, not the page', () => {
    expect(listPage(items, ask({ limit: 1, tags: 'blue' }), shape).total).toEqual({ value: 2, exact: true })
  })

  it.each([
    ['an unknown field', { sort: 'toString' }, '/sort'],
    ['a cursor that is none', { cursor: 'x' }, '/cursor'],
    ['a cursor of another order', { cursor: listPage(items, ask({ limit: 1 }), shape).next, sort: 'size' }, '/cursor'],
  ])('refuses %s', (_, query, pointer) => {
    const problem = (() => {
      try {
        return listPage(items, ask(query), shape)
      } catch (error) {
        return error
      }
    })()
    expect(problem).toBeInstanceOf(AdminProblem)
    expect(problem).toMatchObject({ code: 'invalid_query', details: [{ pointer }] })
  })

  const anyItem = fc.record({
    name: fc.option(fc.string({ unit: 'binary', maxLength: 300 }), { nil: undefined }),
    size: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined }),
  })

  it('gives each item once over all pages, in order, with cursors that a query may hold', () => {
    fc.assert(
      fc.property(
        fc.array(anyItem, { maxLength: 30 }),
        fc.constantFrom('name', '-name', 'size', '-size'),
        fc.integer({ min: 1, max: 7 }),
        (bare, sort, limit) => {
          const all = bare.map((item, index) => ({ ...item, id: `${index}` }))
          const seen: string[] = []
          let cursor: string | undefined
          do {
            const page = listPage(
              all,
              ask({ ...listQuerySchema.parse({ sort, limit, ...(cursor === undefined ? {} : { cursor }) }) }),
              shape,
            )
            expect(page.items.length).toBeLessThanOrEqual(limit)
            seen.push(...page.items.map(({ id }) => id))
            cursor = page.next
          } while (cursor !== undefined)
          expect(seen).toEqual(idsOf(all, { sort, limit: 500 }))
          expect(new Set(seen).size).toBe(all.length)
        },
      ),
    )
  })

  it('neither repeats nor hides an item when others come and go between two pages', () => {
    const first = listPage(items, ask({ limit: 2 }), shape)
    const changed = [...items.filter(({ id }) => id !== '3'), { id: '4', name: 'aaa' }, { id: '5', name: 'zeta' }]
    expect(idsOf(changed, { cursor: first.next })).toEqual(['1', '5'])
  })
})
