import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { verifyLog } from '../../src/store/chain.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Body, Store, Write } from '../../src/store/port.ts'
import { StoreError } from '../../src/store/store-error.ts'

export interface StoreUnderTest {
  /** A new, empty one. */
  readonly open: () => Promise<Store>
  /** Closes it and opens what it has left; undefined: nothing outlives it. */
  readonly reopen?: (store: Store) => Promise<Store>
}

const put = (id: string, body: Body, expected?: number): Write => ({
  kind: 'put',
  collection: 'things',
  id,
  body,
  ...(expected === undefined ? {} : { expect: expected }),
})
const append = (log: string, n: number): Write => ({ kind: 'append', log, time: 1_000 + n, body: { n } })

/** What every store does, told in the words of the port. */
export function storeContract(name: string, { open, reopen }: StoreUnderTest): void {
  describe(`${name} keeps the contract`, () => {
    const opened: Store[] = []
    const start = async () => {
      const store = await open()
      opened.push(store)
      return store
    }
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((store) => store.close()))
    })

    it('puts, gets, replaces and deletes documents, with the number of the commit as their revision', async () => {
      const store = await start()
      const first = await store.commit([put('a', { x: 1, none: undefined }), put('b', {})])
      expect([await store.get('things', 'a'), await store.get('things', 'c'), await store.get('other', 'a')]).toEqual([
        { id: 'a', revision: first, body: { x: 1 } },
        undefined,
        undefined,
      ])
      const second = await store.commit([put('a', { x: [null, '\0', 'é😀\u2028'] })])
      expect(second).toBeGreaterThan(first)
      expect(await store.get('things', 'a')).toEqual({ id: 'a', revision: second, body: { x: [null, '\0', 'é😀\u2028'] } })
      const third = await store.commit([
        { kind: 'delete', collection: 'things', id: 'a' },
        { kind: 'delete', collection: 'things', id: 'never' },
      ])
      expect(await store.get('things', 'a')).toBeUndefined()
      const fourth = await store.commit([put('a', {})])
      expect([third > second, fourth > third, (await store.get('things', 'a'))?.revision]).toEqual([true, true, fourth])
    })

    it('refuses a commit as a whole when one expectation does not hold', async () => {
      const store = await start()
      const revision = await store.commit([put('a', { v: 1 }, 0)])
      const refused = [
        [put('b', {}), append('log', 1), { kind: 'add', counter: 'n', amount: 1 } as const, put('a', { v: 2 }, 0)],
        [put('a', { v: 2 }, revision + 1)],
        [put('b', {}, revision)],
        [{ kind: 'delete', collection: 'things', id: 'a', expect: revision + 1 } as const],
        [{ kind: 'delete', collection: 'things', id: 'b', expect: 1 } as const],
        // Each write sees those before it.
        [put('b', {}, 0), put('b', {}, 0)],
        [{ kind: 'delete', collection: 'things', id: 'a' } as const, put('a', {}, revision)],
      ]
      for (const writes of refused) {
        await expect(store.commit(writes)).rejects.toSatisfy((error) => error instanceof StoreError && error.kind === 'conflict')
      }
      expect([await store.list('things'), await store.extent('log'), await store.counters('')]).toEqual([
        [{ id: 'a', revision, body: { v: 1 } }],
        { first: 1, last: 0, base: '' },
        new Map(),
      ])
      await store.commit([{ kind: 'delete', collection: 'things', id: 'a', expect: revision }, put('a', { v: 3 }, 0)])
      expect((await store.get('things', 'a'))?.body).toEqual({ v: 3 })
    })

    it('lists in the order of code units, after an id, by prefix, up to a limit', async () => {
      const store = await start()
      // Beyond the basic plane, UTF-8 and UTF-16 sort differently.
      const ids = ['a', 'A', 'a/1', 'a/2', 'a0', '%', '_', 'é', '\u{1F600}', '\uE000', '\uFFFF', 'a/😀', 'a/\uF000']
      await store.commit(ids.map((id) => put(id, { id })))
      const names = async (query?: Parameters<Store['list']>[1]) => (await store.list('things', query)).map(({ id }) => id)
      const sorted = ids.toSorted((left, right) => (left < right ? -1 : 1))
      expect(await names()).toEqual(sorted)
      expect(await names({ after: 'a', limit: 3 })).toEqual(['a/1', 'a/2', 'a/😀'])
      expect(await names({ prefix: 'a/', after: 'a/1' })).toEqual(['a/2', 'a/😀', 'a/\uF000'])
      expect([
        await names({ prefix: '%' }),
        await names({ prefix: '_' }),
        await names({ prefix: 'zz' }),
        await names({ limit: 0 }),
      ]).toEqual([['%'], ['_'], [], []])
    })

    it('appends to logs without gaps and reads them both ways', async () => {
      const store = await start()
      await store.commit([append('log', 1), append('other', 1), append('log', 2)])
      await store.commit([append('log', 3)])
      const numbers = async (query: Parameters<Store['read']>[1]) => (await store.read('log', query)).map(({ sequence }) => sequence)
      expect([
        await numbers({ after: 0, limit: 10 }),
        await numbers({ after: 1, limit: 1 }),
        await numbers({ after: 3, limit: 9 }),
      ]).toEqual([[1, 2, 3], [2], []])
      expect([
        await numbers({ before: 4, limit: 2 }),
        await numbers({ before: 2, limit: 5 }),
        await numbers({ before: 99, limit: 1 }),
      ]).toEqual([[3, 2], [1], [3]])
      expect((await store.read('log', { after: 1, limit: 1 }))[0]).toMatchObject({ sequence: 2, time: 1_002, body: { n: 2 } })
      expect([await store.extent('log'), await store.extent('none')]).toEqual([
        { first: 1, last: 3, base: '' },
        { first: 1, last: 0, base: '' },
      ])
      expect([await verifyLog(store, 'log'), await verifyLog(store, 'none')]).toEqual([
        { log: 'log', entries: 3 },
        { log: 'none', entries: 0 },
      ])
    })

    it('forgets the beginning of a log, and what stays can still be verified', async () => {
      const store = await start()
      await store.commit([1, 2, 3, 4].map((n) => append('log', n)))
      const second = (await store.read('log', { after: 1, limit: 1 }))[0]?.hash
      await store.commit([{ kind: 'trim', log: 'log', through: 2 }])
      expect([await store.extent('log'), (await store.read('log', { after: 0, limit: 9 })).map(({ sequence }) => sequence)]).toEqual([
        { first: 3, last: 4, base: second },
        [3, 4],
      ])
      await store.commit([{ kind: 'trim', log: 'log', through: 1 }, append('log', 5), { kind: 'trim', log: 'log', through: 5 }])
      expect(await store.extent('log')).toMatchObject({ first: 6, last: 5 })
      await store.commit([{ kind: 'trim', log: 'log', through: 99 }, append('log', 6)])
      expect([await verifyLog(store, 'log'), (await store.read('log', { before: 99, limit: 9 })).map(({ sequence }) => sequence)]).toEqual([
        { log: 'log', entries: 1 },
        [6],
      ])
    })

    it('adds to counters that many add to at once, exactly', async () => {
      const store = await start()
      const adds = Array.from({ length: 40 }, (_, index) =>
        store.commit([{ kind: 'add', counter: `spent/${index % 2}`, amount: index % 2 === 0 ? 1 : 0.25 }]),
      )
      const numbers = await Promise.all(adds)
      expect(new Set(numbers).size).toBe(40)
      expect(await store.counters('spent/')).toEqual(
        new Map([
          ['spent/0', 20],
          ['spent/1', 5],
        ]),
      )
      await store.commit([
        { kind: 'drop-counters', prefix: 'spent/1' },
        { kind: 'add', counter: 'spend', amount: -3 },
      ])
      expect([await store.counters('spent/'), await store.counters('')]).toEqual([
        new Map([['spent/0', 20]]),
        new Map([
          ['spent/0', 20],
          ['spend', -3],
        ]),
      ])
    })

    it('lets exactly one of many win a document', async () => {
      const store = await start()
      const tries = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => store.commit([put('only', { index }, 0)])))
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })

    it('says what it holds, and finds nothing wrong with it', async () => {
      const store = await start()
      const number = await store.commit([put('a', {}), put('b', {}), append('z', 1), append('b', 1)])
      expect([await store.contents(), await store.check()]).toEqual([
        { number, collections: new Map([['things', 2]]), logs: ['b', 'z'] },
        [],
      ])
    })

    it('refuses what no store could keep, and everything once it is closed', async () => {
      const store = await start()
      const impossible: readonly Write[] = [
        put('', {}),
        put('a\0b', {}),
        { kind: 'add', counter: 'n', amount: Number.NaN },
        { kind: 'trim', log: 'l', through: 0.5 },
      ]
      for (const write of impossible) await expect(store.commit([write])).rejects.toThrow(TypeError)
      await store.close()
      await expect(store.commit([put('a', {})])).rejects.toMatchObject({ kind: 'unavailable' })
      await expect(store.get('things', 'a')).rejects.toMatchObject({ kind: 'unavailable' })
    })

    it('does what the model does, whatever comes', { timeout: 60_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const model = new MemoryStore()
          let store = await open()
          try {
            for (const next of steps) {
              if (next === 'reopen') store = (await reopen?.(store)) ?? store
              else expect(await outcome(store, next)).toEqual(await outcome(model, next))
            }
            expect(await everything(store)).toEqual(await everything(model))
          } finally {
            await store.close()
          }
        }),
        { numRuns: reopen === undefined ? 100 : 20 },
      )
    })

    if (reopen !== undefined) {
      it('has everything again after it was closed', async () => {
        const store = await open()
        await store.commit([put('a', { v: 1 }), append('log', 1), append('log', 2), { kind: 'add', counter: 'n', amount: 1.5 }])
        await store.commit([{ kind: 'trim', log: 'log', through: 1 }, put('😀', {}), { kind: 'delete', collection: 'things', id: '😀' }])
        const before = await everything(store)
        const again = await reopen(store)
        opened.push(again)
        expect(await everything(again)).toEqual(before)
        expect(await again.commit([append('log', 3)])).toBe(before.contents.number + 1)
        expect(await verifyLog(again, 'log')).toEqual({ log: 'log', entries: 2 })
      })
    }
  })
}

const name = fc.constantFrom('a', 'b', 'a/1', 'é', '😀', '\uFFFF', 'x'.repeat(200))
const expectation = fc.option(fc.nat({ max: 6 }), { nil: undefined })
const body = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
const write: fc.Arbitrary<Write> = fc.oneof(
  fc
    .record({ id: name, collection: name, body, expect: expectation })
    .map(({ expect: expected, ...rest }): Write => ({ kind: 'put', ...rest, ...(expected === undefined ? {} : { expect: expected }) })),
  fc
    .record({ id: name, collection: name, expect: expectation })
    .map(({ expect: expected, ...rest }): Write => ({ kind: 'delete', ...rest, ...(expected === undefined ? {} : { expect: expected }) })),
  fc.record({ log: name, time: fc.nat(), body }).map((rest): Write => ({ kind: 'append', ...rest })),
  fc.record({ log: name, through: fc.nat({ max: 12 }) }).map((rest): Write => ({ kind: 'trim', ...rest })),
  fc.record({ counter: name, amount: fc.double({ noNaN: true, min: -1e6, max: 1e6 }) }).map((rest): Write => ({ kind: 'add', ...rest })),
  name.map((prefix): Write => ({ kind: 'drop-counters', prefix })),
)
const step = fc.oneof({ weight: 6, arbitrary: fc.array(write, { maxLength: 6 }) }, { weight: 1, arbitrary: fc.constant('reopen' as const) })

async function outcome(store: Store, writes: readonly Write[]): Promise<unknown> {
  return store.commit(writes).catch((error: unknown) => (error instanceof StoreError ? error.kind : error))
}

/** All that can be read of a store. */
export async function everything(store: Store) {
  const contents = await store.contents()
  const documents = await Promise.all([...contents.collections.keys()].toSorted().map(async (name) => [name, await store.list(name)]))
  const logs = await Promise.all(
    contents.logs.map(async (log) => [log, await store.extent(log), await store.read(log, { after: 0, limit: 10_000 })]),
  )
  return { contents, documents, logs, counters: await store.counters('') }
}
