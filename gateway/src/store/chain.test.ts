import { describe, expect, it } from 'vitest'
import { chainHash, verifyLog } from './chain.ts'
import { MemoryStore } from './memory-store.ts'
import type { Entry, Store } from './port.ts'

async function filled(entries: number): Promise<MemoryStore> {
  const store = new MemoryStore()
  for (let n = 1; n <= entries; n += 1) await store.commit([{ kind: 'append', log: 'log', time: n, body: { n } }])
  return store
}

/** What a store would say if somebody had changed its entries behind its back. */
function changed(store: Store, change: (entries: readonly Entry[]) => readonly Entry[]): Pick<Store, 'read' | 'extent'> {
  return { extent: (log) => store.extent(log), read: async (log, query) => change(await store.read(log, query)) }
}

describe('verifyLog', () => {
  it('walks every page of a log, however long', async () => {
    expect(await verifyLog(await filled(2_500), 'log')).toEqual({ log: 'log', entries: 2_500 })
  })

  it('says where an entry was changed, left out, or put in', async () => {
    const store = await filled(10)
    const at = (sequence: number, change: (entry: Entry) => readonly Entry[]) =>
      verifyLog(
        changed(store, (entries) => entries.flatMap((entry) => (entry.sequence === sequence ? change(entry) : [entry]))),
        'log',
      )
    expect((await at(4, (entry) => [{ ...entry, body: { n: 5 } }])).brokenAt).toBe(4)
    expect((await at(5, (entry) => [{ ...entry, time: 0 }])).brokenAt).toBe(5)
    expect((await at(6, () => [])).brokenAt).toBe(6)
    expect((await at(7, (entry) => [entry, entry])).brokenAt).toBe(8)
    expect((await at(10, () => [])).brokenAt).toBe(10)
    // Also with a hash that fits what it was made.
    const previous = (await store.read('log', { after: 7, limit: 1 }))[0]?.hash ?? ''
    const forged = { n: 'forged' }
    expect((await at(9, (entry) => [{ ...entry, body: forged, hash: chainHash(previous, entry, JSON.stringify(forged)) }])).brokenAt).toBe(
      10,
    )
  })

  it('begins again where entries are trimmed while it walks', async () => {
    const store = await filled(1_500)
    let trimmed = false
    const walked: Pick<Store, 'read' | 'extent'> = {
      extent: (log) => store.extent(log),
      read: async (log, query) => {
        const page = await store.read(log, query)
        if (!trimmed) await store.commit([{ kind: 'trim', log: 'log', through: 1_200 }])
        trimmed = true
        return page
      },
    }
    expect(await verifyLog(walked, 'log')).toEqual({ log: 'log', entries: 300 })
  })
})
