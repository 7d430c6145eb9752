import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifyLog } from '../../store/chain.ts'
import { MemoryStore } from '../../store/memory-store.ts'
import type { Entry, Store } from '../../store/port.ts'
import { AUDIT_LOG, auditWrite } from './audit-entry.ts'
import { auditRefused } from './audit-refused.ts'
import { keepAudit, trimAudit } from './audit-retention.ts'
import { csvCell, exportAudit } from './export-audit.ts'
import { auditEntryAt, searchAudit } from './search-audit.ts'

const user = { kind: 'user', id: 'u-1', name: 'ada', role: 'operator', sessionId: 's-1' } as const
const MINUTE = 60_000

/** One entry a minute. */
async function filled(count: number): Promise<MemoryStore> {
  const store = new MemoryStore()
  await store.commit(
    Array.from({ length: count }, (_, index) =>
      auditWrite(
        { actor: index % 2 === 0 ? user : { kind: 'file' }, address: '10.0.0.1' },
        { action: index % 3 === 0 ? 'key.revoke' : 'backend.update', target: `backends/gpu-${index}`, result: 'ok', time: index * MINUTE },
      ),
    ),
  )
  return store
}

/** A log of that many entries that is made up as it is read, and remembers how many were ever handed out at a time. */
function endless(count: number): Pick<Store, 'read' | 'extent'> & { largest: number; reads: number } {
  const entry = (sequence: number): Entry => ({
    sequence,
    time: sequence,
    hash: 'h',
    body: { by: 'ada', actor: { kind: 'user' }, action: 'a', result: 'ok', message: `entry ${sequence}` },
  })
  const log = {
    largest: 0,
    reads: 0,
    async read(_log: string, query: Parameters<Store['read']>[1]) {
      const [from, step] = 'after' in query ? [query.after + 1, 1] : [query.before - 1, -1]
      const sequences = Array.from({ length: query.limit }, (_, index) => from + step * index).filter((one) => one >= 1 && one <= count)
      log.largest = Math.max(log.largest, sequences.length)
      log.reads += 1
      return sequences.map(entry)
    },
    extent: async () => ({ first: 1, last: count, base: '' }),
  }
  return log
}

describe('search', () => {
  it('pages from the newest to the oldest without gap or repetition', async () => {
    const store = await filled(23)
    const seen: number[] = []
    for (let before: number | undefined; ;) {
      const { items, next } = await searchAudit(store, {}, { before, limit: 5 })
      seen.push(...items.map(({ sequence }) => sequence))
      if (next === undefined) break
      before = next
    }
    expect(seen).toEqual(Array.from({ length: 23 }, (_, index) => 23 - index))
  })

  it.each([
    [{ actor: 'ada' }, 12],
    [{ actor: 'u-1' }, 12],
    [{ actor: 'file' }, 11],
    [{ action: 'key.revoke' }, 8],
    [{ action: 'key.*' }, 8],
    [{ target: 'backends/gpu-1' }, 1],
    [{ target: 'backends/gpu-1*' }, 11],
    [{ result: 'refused' as const }, 0],
    [{ address: '10.0.0.1' }, 23],
    [{ address: '10.0.0.2' }, 0],
    [{ from: new Date(20 * MINUTE).toISOString() }, 3],
    [{ to: new Date(20 * MINUTE).toISOString() }, 20],
    [{ q: 'GPU-22' }, 1],
  ])('finds by %j', async (filter, count) => {
    expect((await searchAudit(await filled(23), filter, { limit: 500 })).items).toHaveLength(count)
  })

  it('stops where it finds little, and can be gone on with', async () => {
    const log = endless(50_000)
    const first = await searchAudit(log, { q: 'entry 7"' }, { limit: 10 })
    expect(first).toEqual({ items: [], next: 30_001, partial: true })
    const second = await searchAudit(log, { q: 'entry 7"' }, { limit: 10, before: first.next })
    const third = await searchAudit(log, { q: 'entry 7"' }, { limit: 10, before: second.next })
    expect([second.partial, third.items.map(({ sequence }) => sequence), third.next]).toEqual([true, [7], undefined])
  })

  it('finds one entry, and none that is not there', async () => {
    const store = await filled(3)
    expect(await auditEntryAt(store, 2)).toMatchObject({ sequence: 2, by: 'file', target: 'backends/gpu-1' })
    expect(await auditEntryAt(store, 4)).toBeUndefined()
  })
})

describe('export', () => {
  it('streams 100,000 entries, read only as fast as they are taken', async () => {
    const log = endless(100_000)
    const stream = exportAudit(log, {}, 'ndjson')
    const iterator: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]()
    await iterator.next()
    const ahead = log.reads
    expect(ahead).toBeLessThan(10)
    let lines = 0
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
      lines += next.value.toString().split('\n').length - 1
    expect(lines).toBeGreaterThan(99_000)
    expect([log.largest <= 500, log.reads]).toEqual([true, 201])
  })

  it('gives each line as JSON, and as CSV with a head', async () => {
    const store = await filled(2)
    const text = async (format: 'csv' | 'ndjson') => (await exportAudit(store, {}, format).toArray()).join('')
    const rows = (await text('ndjson')).trim().split('\n')
    expect(rows.map((row) => (JSON.parse(row) as { by: string }).by)).toEqual(['ada', 'file'])
    const [head, first] = (await text('csv')).split('\r\n')
    expect(head).toMatch(/^sequence,time,by,/)
    expect(first).toMatch(/^1,1970-01-01T00:00:00.000Z,ada,user,operator,10.0.0.1,,key.revoke,backends\/gpu-0,ok,/)
  })

  it('lets no cell begin a formula, and breaks no line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '|', '%', ''), (text, start) => {
        const cell = csvCell(start + text)
        const inner = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell
        expect(inner).not.toMatch(/^[=+\-@\t\r\n|%]/)
        if (!cell.startsWith('"')) expect(cell).not.toMatch(/[",\r\n]/)
        expect(inner.replace(/^'(?=[=+\-@\t\r\n|%＝＋－＠])/, '')).toBe(start + text)
      }),
    )
  })
})

describe('retention', () => {
  it('forgets what is too old, says so, and leaves a chain that holds', async () => {
    const store = await filled(100)
    expect(await trimAudit(store, { keepMs: 50 * MINUTE, maxEntries: 1_000 }, 109 * MINUTE)).toBe(59)
    const { first, last } = await store.extent(AUDIT_LOG)
    expect([first, last]).toEqual([60, 101])
    expect(await auditEntryAt(store, 101)).toMatchObject({ action: 'audit.trim', by: 'system', after: { first: 60 } })
    expect(await verifyLog(store, AUDIT_LOG)).toMatchObject({ entries: 42 })
    expect((await verifyLog(store, AUDIT_LOG)).brokenAt).toBeUndefined()
  })

  it('forgets what are too many, and then leaves the log alone', async () => {
    const store = await filled(100)
    expect(await trimAudit(store, { keepMs: Infinity, maxEntries: 40 }, 0)).toBe(61)
    expect(await store.extent(AUDIT_LOG)).toMatchObject({ first: 62, last: 101 })
    expect(await trimAudit(store, { keepMs: Infinity, maxEntries: 40 }, 0)).toBe(0)
    expect(await trimAudit(new MemoryStore(), { keepMs: 1, maxEntries: 1 }, 1e15)).toBe(0)
  })

  it('goes on after a store that failed', async () => {
    const store = await filled(100)
    const ticks: (() => void)[] = []
    const errors: unknown[] = []
    const commit = store.commit.bind(store)
    store.commit = () => Promise.reject(new Error('full'))
    const stop = keepAudit({
      store,
      settings: () => ({ keepMs: Infinity, maxEntries: 40 }),
      now: () => 0,
      every: (_milliseconds, callback) => {
        ticks.push(callback)
        return () => ticks.pop()
      },
      onError: (error) => errors.push(error),
    })
    await expect.poll(() => errors.length).toBe(1)
    store.commit = commit
    ticks[0]?.()
    await expect.poll(async () => (await store.extent(AUDIT_LOG)).first).toBe(62)
    stop()
    expect(ticks).toEqual([])
  })

  it('says nothing of a store that is closed once it is stopped', async () => {
    const store = await filled(100)
    const errors: unknown[] = []
    const late = Promise.withResolvers<never>()
    store.commit = () => late.promise
    const options = { store, settings: () => ({ keepMs: Infinity, maxEntries: 40 }), now: () => 0, every: () => () => {} }
    const stop = keepAudit({ ...options, onError: (error) => errors.push(error) })
    stop()
    late.reject(new Error('closed'))
    await new Promise(setImmediate)
    expect(errors).toEqual([])
  })
})

describe('refused writes', () => {
  it('are put on record, and those of a flood are counted', async () => {
    const store = new MemoryStore()
    const clock = { now: 0 }
    const refused = auditRefused(store, () => clock.now)
    const route = { method: 'PATCH', path: '/backends/:id' }
    const one = { route, params: { id: 'gpu-1' }, origin: { actor: user }, problem: { code: 'permission_denied', detail: 'no' } }
    for (let count = 0; count < 60; count += 1) await refused(one)
    expect((await store.extent(AUDIT_LOG)).last).toBe(50)
    expect(await auditEntryAt(store, 1)).toMatchObject({
      action: 'refused.patch',
      target: 'backends/gpu-1',
      result: 'refused',
      code: 'permission_denied',
    })
    clock.now = 1_000
    await refused(one)
    expect(await auditEntryAt(store, 51)).toMatchObject({ after: { suppressedBefore: 10 } })
  })
})
