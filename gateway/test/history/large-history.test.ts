import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HistoryStore, Place } from '../../src/history/port.ts'
import { openSqliteHistory } from '../../src/history/sqlite/sqlite-history.ts'
import { DAYS_MS, randomEntries, START } from './random-entries.ts'
import { packEntries } from '../../src/history/packed-entries.ts'

const ROWS = 60_000

const folder = mkdtempSync(join(tmpdir(), 'jairouter-large-history-'))
const open = (path = folder) => openSqliteHistory({ folder: path, now: Date.now })
let store: HistoryStore
const rare: string[] = []
beforeAll(async () => {
  store = open()
  // In the order of their times, as they come in life.
  const entries = randomEntries(ROWS, 11).toSorted((a, b) => a.request.time - b.request.time)
  for (const [index, { request }] of entries.entries()) {
    if (index % 4_999 !== 7) continue
    rare.push(request.id)
    entries[index] = { request: { ...request, asked: 'rare', error: 'rarest', words: ' rarest ' }, attempts: [] }
  }
  for (let index = 0; index < ROWS; index += 5_000)
    await store.write({ id: `b${index}`, packed: packEntries(entries.slice(index, index + 5_000)) })
}, 120_000)
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const asked = { kind: 'text', negated: false, field: 'asked', patterns: [['rare']] } as const
const said = { kind: 'words', negated: false, text: 'rarest' } as const

describe('a history of many rows', () => {
  it.each([
    ['in one go', Infinity, asked],
    ['bit by bit, when there is no time', 0, asked],
    ['by words', Infinity, said],
  ])('is searched to its end %s', async (_how, deadlineMs, term) => {
    const found: string[] = []
    let partial = 0
    let before: Place | undefined
    do {
      const page = await store.page({ filter: { terms: [term] }, limit: 5, deadlineMs, ...(before === undefined ? {} : { before }) })
      found.push(...page.rows.map(({ id }) => id))
      partial += page.partial ? 1 : 0
      before = page.next
    } while (before !== undefined)
    expect(found.toSorted()).toEqual(rare.toSorted())
    expect(partial > 0).toBe(deadlineMs === 0)
  })

  it('is counted by a sample that stands for all', async () => {
    const { counts, rate } = await store.facets({ filter: { terms: [] }, fields: ['user'], mostRows: 4_000 })
    expect(rate).toBeLessThan(0.1)
    const services = [...(counts.get('user')?.values() ?? [])]
    expect(services.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(ROWS * 0.95)
    expect(services.reduce((sum, count) => sum + count, 0)).toBeLessThan(ROWS * 1.05)
    const byTime = await store.histogram({ filter: { terms: [] }, from: START, to: START + DAYS_MS, buckets: 10, mostRows: 4_000 })
    const exact = await store.histogram({ filter: { terms: [] }, from: START, to: START + DAYS_MS, buckets: 10, mostRows: ROWS })
    expect([byTime.rate < 0.1, exact.rate]).toEqual([true, 1])
    const totals = ({ counts: buckets }: typeof exact) =>
      buckets.map((values) => [...values.values()].reduce((sum, value) => sum + value, 0))
    for (const [index, count] of totals(byTime).entries()) expect(Math.abs(count / (totals(exact)[index] ?? 0) - 1)).toBeLessThan(0.02)
    const few = await store.facets({ filter: { terms: [said] }, fields: ['user'], mostRows: 4_000 })
    expect([few.rate, [...(few.counts.get('user')?.values() ?? [])].reduce((sum, count) => sum + count, 0)]).toEqual([1, rare.length])
  })

  it('outlives the process, and one that is damaged is put aside and begun anew', async () => {
    const own = mkdtempSync(join(folder, 'own-'))
    const first = open(own)
    await first.write({ id: 'a', packed: packEntries(randomEntries(3)) })
    await first.close()
    const second = open(own)
    expect((await second.page({ filter: { terms: [] }, limit: 10, deadlineMs: 1_000 })).rows).toHaveLength(3)
    await second.close()
    for (const name of readdirSync(own)) if (name !== 'history.db') rmSync(join(own, name))
    writeFileSync(join(own, 'history.db'), 'this is no database, and is long enough to be taken for one'.repeat(100))
    const third = open(own)
    await third.write({ id: 'b', packed: packEntries(randomEntries(2)) })
    expect((await third.page({ filter: { terms: [] }, limit: 10, deadlineMs: 1_000 })).rows).toHaveLength(2)
    await third.close()
    expect(existsSync(join(own, 'history.db.damaged-1'))).toBe(true)
  })
})
