import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  FACET_FIELDS,
  HISTORY_FIELDS,
  HISTORY_FLAGS,
  USAGE_DIMENSIONS,
  type UsageDimension,
} from '@jairouter/contract/management/history-names'
import { SERIES_DIMENSIONS, SERIES_SUMS } from '@jairouter/contract/management/series-names'
import { parseQuery, type Term } from '@jairouter/contract/management/query'
import { packEntries } from '../../src/history/packed-entries.ts'
import { matches } from '../../src/history/matches.ts'
import { facetValues } from '../../src/history/memory-history.ts'
import type { EventQuery, HistoryFilter, HistoryStore, Place, SeriesGroup, SeriesQuery, UsageQuery } from '../../src/history/port.ts'
import { DAY_MS, HOUR_MS } from '../../src/history/roll-up.ts'
import { noSeries, SERIES_STEPS, type SeriesStep } from '../../src/history/series-roll-up.ts'
import { DAYS_MS, randomEntries, START } from './random-entries.ts'
import { comparable, comparableSeries, seriesOf, summed } from './reckoned.ts'

const QUERIES = [
  '',
  'model:gpt-4o',
  'model:gpt-4o,gpt-4o-mini -backend:gpu-1',
  'model:gpt* model:*mini',
  'model:"Größe_%[x]*"',
  'model:Gr*_%*]*',
  '-model:*o*',
  'key:"" user:ada',
  'user:""',
  `key:"o'neil"`,
  'status>=400 -status:429,499',
  'status:400..499',
  'ms>5000',
  'ms<=12.5',
  'firstMs>100',
  '-firstMs<100',
  'queuedMs:7',
  '-queuedMs:7',
  'cost>1000000000000',
  'in:0.5',
  'flag:slow,retried',
  '-flag:stream flag:error',
  'code:upstream_error',
  '-code:upstream_error',
  'econn',
  'überlast 500',
  '-"hang up"',
  '"hang up" status:502',
  '"***"',
  'asked:"x \\"y\\" \\\\ z"',
] as const

export interface HistoryUnderTest {
  readonly open: () => Promise<HistoryStore>
}

/** What every history does: the same as a plain look through all rows. */
export function historyContract(name: string, { open }: HistoryUnderTest): void {
  describe(`${name} keeps the history's contract`, () => {
    const early = randomEntries(600, 7)
    const late = randomEntries(100, 8)
    const entries = [...early, ...late]
    let store: HistoryStore
    beforeAll(async () => {
      store = await open()
      for (let index = 0; index < early.length; index += 250)
        await store.write({ id: `b-${index}`, packed: packEntries(early.slice(index, index + 250)) })
      // Sums are folded now and then; those of the last batches are not yet.
      await store.trim({ before: 0, maximumRows: 1_000_000, usageBefore: 0, finerBefore: KEPT, contentBefore: 0 })
      await store.write({ id: 'late', packed: packEntries(late) })
      // Whoever does not know whether it was written writes it again.
      await store.write({ id: 'b-250', packed: packEntries(early.slice(250, 500)) })
    })
    afterAll(() => store.close())

    const wanted = (filter: HistoryFilter) => entries.filter(({ request }) => matches(request, filter))

    it.each(QUERIES)('finds what matches %s, newest first, page by page', async (q) => {
      const filter = { terms: termsOf(q), from: START + HOUR_MS, to: START + DAYS_MS - HOUR_MS }
      const expected = wanted(filter).map(({ request }) => request.id)
      const found: string[] = []
      let before: Place | undefined
      let last = Infinity
      do {
        const page = await store.page({ filter, limit: 37, deadlineMs: 60_000, ...(before === undefined ? {} : { before }) })
        expect(page.partial).toBe(false)
        expect(page.rows.length).toBeLessThanOrEqual(37)
        for (const { id, time } of page.rows) {
          expect(time).toBeLessThanOrEqual(last)
          last = time
          found.push(id)
        }
        before = page.next
      } while (before !== undefined)
      expect(found.toSorted()).toEqual(expected.toSorted())
    })

    it('gives rows and their calls as they were written', async () => {
      for (const { request, attempts } of entries.slice(0, 20)) {
        const found = await store.find(request.id)
        const { seq, ...row } = found?.request ?? { seq: 0 }
        expect([row, found?.attempts, seq > 0]).toEqual([request, attempts, true])
      }
      expect(await store.find('never')).toBeUndefined()
      const [first] = entries
      const others = await store.find(first?.request.id ?? '', { terms: termsOf('-dialect:openai,anthropic') })
      expect(others).toBeUndefined()
    })

    it.each(['', 'status>=400', 'model:gpt-4o'])('counts facets of %s', async (q) => {
      const filter = { terms: termsOf(q) }
      const { counts, rate } = await store.facets({ filter, fields: FACET_FIELDS, mostRows: 10_000 })
      const expected = FACET_FIELDS.map((field) => [field, countOf(wanted(filter).flatMap(({ request }) => facetValues(request, field)))])
      expect(rate).toBe(1)
      expect([...counts].map(([field, values]) => [field, Object.fromEntries(values)])).toEqual(expected)
    })

    it('counts by time', async () => {
      const filter = { terms: termsOf('-model:gpt-4o') }
      const { counts, rate } = await store.histogram({ filter, from: START, to: START + DAYS_MS, buckets: 7, mostRows: 10_000 })
      const expected = Array.from({ length: 7 }, (_, bucket) =>
        countOf(
          wanted(filter)
            .filter(({ request }) => Math.floor(((request.time - START) * 7) / DAYS_MS) === bucket)
            .map(({ request }) => String(Math.floor(request.status / 100))),
        ),
      )
      expect([counts.map((values) => Object.fromEntries(values)), rate]).toEqual([expected, 1])
    })

    it.each<Partial<UsageQuery> & { by: readonly UsageDimension[] }>([
      { by: [] },
      { by: ['model'] },
      { by: ['key', 'backend'], step: 'day', of: 'day' },
      { by: ['currency'], step: 'hour', of: 'hour', from: START + HOUR_MS, to: START + DAY_MS },
      { by: [...USAGE_DIMENSIONS] },
      { by: ['model'], only: { user: 'ada', service: 'chat' } },
    ])('sums up to what the rows sum up to: %j', async (query) => {
      const found = await store.usage({ of: 'hour', only: {}, limit: 10_000, ...query })
      expect(comparable(found)).toEqual(comparable(summed(entries, { of: 'hour', only: {}, limit: 10_000, ...query })))
    })

    it.each<Partial<SeriesQuery>>([
      { by: [] },
      { by: ['model'], widthMs: HOUR_MS },
      { by: ['backend', 'sent'], of: 'quarter', widthMs: 4 * HOUR_MS },
      { by: ['service', 'model'], of: 'minute', widthMs: 5 * 60_000, from: START + HOUR_MS, to: START + 3 * HOUR_MS },
      { by: [], of: 'day', widthMs: DAY_MS },
      { by: [...SERIES_DIMENSIONS], only: { backend: 'gpu-1', model: 'gpt-4o' } },
      {
        by: ['model', 'backend'],
        among: [
          ['gpt-4o', 'gpu-1'],
          ['Größe_%[x]*', ''],
        ],
      },
      { by: ['model'], among: [] },
    ])('has series that sum up to what the rows sum up to, in all and for each class of time: %j', async (given) => {
      const query: SeriesQuery = {
        by: [],
        of: 'hour',
        from: START,
        to: START + DAYS_MS,
        only: {},
        sums: SERIES_SUMS,
        times: true,
        limit: 10_000,
        ...given,
      }
      const expected = seriesOf(entries, query)
      expect(comparableSeries(await store.series(query))).toEqual(comparableSeries(expected))
      const without = await store.series({ ...query, times: false })
      expect(without.map(({ times }) => times.length).every((length) => length === 0)).toBe(true)
      expect(comparableSeries(without)).toEqual(comparableSeries(expected.map((group) => ({ ...group, times: [] }))))
      const few = await store.series({ ...query, sums: ['in'] })
      const inAndRequests = ({ sums, ...group }: SeriesGroup) => ({
        ...group,
        sums: { ...noSeries(), in: sums.in, requests: sums.requests },
      })
      expect(comparableSeries(few)).toEqual(comparableSeries(expected.map(inAndRequests)))
      const first = await store.series({ ...query, limit: 2 })
      expect(first.length).toBe(Math.min(2, expected.length))
    })

    it('keeps what happened to the gateway', async () => {
      const own = await open()
      try {
        const event = (time: number, kind: string, subject: string) => ({
          time,
          kind,
          type: 'x',
          severity: 'info',
          subject,
          data: '{"a":"ü"}',
        })
        const events = [event(5, 'health', 'gpu-1'), event(7, 'breaker', 'gpu-1/m'), event(6, 'start', ''), event(9, 'health', 'gpu-2')]
        await own.write({ id: 'e', packed: packEntries([]), events })
        await own.write({ id: 'e', packed: packEntries([]), events })
        const found = async (query: Partial<EventQuery>) =>
          (await own.events({ kinds: ['health', 'breaker', 'start'], limit: 10, ...query })).map(({ time }) => time)
        expect(await found({})).toEqual([9, 7, 6, 5])
        expect(await found({ kinds: ['health'] })).toEqual([9, 5])
        expect(await found({ subjects: ['gpu-1', ''], from: 5, to: 9 })).toEqual([6, 5])
        expect(await found({ limit: 1, to: 9 })).toEqual([7])
        const { seq, ...row } = (await own.events({ kinds: ['health'], limit: 1 }))[0] ?? { seq: 0 }
        expect([row, seq > 0]).toEqual([events[3], true])
        await own.trim({ before: 7, maximumRows: 10, usageBefore: 0, finerBefore: KEPT, contentBefore: 0 })
        expect(await found({})).toEqual([9, 7])
      } finally {
        await own.close()
      }
    })

    it('has the same sums whatever is folded while it is written', async () => {
      const own = await open()
      try {
        const kept = { before: 0, maximumRows: 1_000_000, usageBefore: 0, finerBefore: KEPT, contentBefore: 0 }
        await Promise.all(
          Array.from({ length: 30 }, async (_, index) => {
            await own.write({ id: `c-${index}`, packed: packEntries(entries.slice(20 * index, 20 * index + 20)) })
            if (index % 3 === 0) await own.trim(kept)
          }),
        )
        const written = entries.slice(0, 600)
        for (const of of SERIES_STEPS) {
          const query: SeriesQuery = {
            by: ['model'],
            of,
            from: START,
            to: START + DAYS_MS,
            only: {},
            sums: SERIES_SUMS,
            times: true,
            limit: 99,
          }
          expect(comparableSeries(await own.series(query))).toEqual(comparableSeries(seriesOf(written, query)))
        }
      } finally {
        await own.close()
      }
    })

    it('forgets finer series sooner than coarser ones', async () => {
      const own = await open()
      try {
        await own.write({ id: 'x', packed: packEntries(entries) })
        const middle = START + DAY_MS
        await own.trim({
          before: 0,
          maximumRows: 1_000_000,
          usageBefore: START,
          finerBefore: { minute: START + DAYS_MS, quarter: middle },
          contentBefore: 0,
        })
        const requests = async (of: SeriesStep) =>
          (await own.series({ by: [], of, from: START, to: START + DAYS_MS, only: {}, sums: [], times: false, limit: 1 }))[0]?.sums
            .requests ?? 0
        const late = entries.filter(({ request }) => request.time >= middle).length
        expect(await Promise.all(SERIES_STEPS.map(requests))).toEqual([0, late, entries.length, entries.length])
      } finally {
        await own.close()
      }
    })

    it('keeps what was said apart, and forgets it sooner, or with its row', async () => {
      const own = await open()
      try {
        const said = { input: '[{"role":"user"}]', output: null, masked: 2, cut: 1 } as const
        const [first, second, third] = entries.slice(0, 3).map((entry, index) => ({
          ...entry,
          request: { ...entry.request, id: `said-${index}`, time: START + index },
          ...(index === 2 ? {} : { content: said }),
        }))
        if (first === undefined || second === undefined || third === undefined) throw new Error('no entries')
        await own.write({ id: 'said', packed: packEntries([first, second, third]) })
        const seqs = await Promise.all(['said-0', 'said-1', 'said-2'].map(async (id) => (await own.find(id))?.request.seq ?? 0))
        const contents = () => Promise.all(seqs.map((seq) => own.content(seq)))
        expect(await contents()).toEqual([{ ...said, time: START }, { ...said, time: START + 1 }, undefined])
        const nothing = { before: 0, maximumRows: 1_000, usageBefore: 0, finerBefore: KEPT }
        expect(await own.trim({ ...nothing, contentBefore: START + 1 })).toEqual({ forgotten: 0, more: false })
        expect(await contents()).toEqual([undefined, { ...said, time: START + 1 }, undefined])
        expect((await own.find('said-0'))?.request.id).toBe('said-0')
        await own.trim({ ...nothing, before: START + 2, contentBefore: 0 })
        expect(await contents()).toEqual([undefined, undefined, undefined])
      } finally {
        await own.close()
      }
    })

    it('forgets the old and the surplus, and keeps their sums', async () => {
      const own = await open()
      try {
        await own.write({ id: 'x', packed: packEntries(entries) })
        const before = START + DAY_MS
        const all = await own.usage({ by: [...USAGE_DIMENSIONS], of: 'hour', only: {}, limit: 10_000 })
        const old = entries.filter(({ request }) => request.time < before).length
        expect(await own.trim({ before, maximumRows: 1_000_000, usageBefore: 0, finerBefore: KEPT, contentBefore: 0 })).toEqual({
          forgotten: old,
          more: false,
        })
        const left = await own.page({ filter: { terms: [] }, limit: 500, deadlineMs: 60_000 })
        expect([left.rows.length, left.rows.every(({ time }) => time >= before)]).toEqual([entries.length - old, true])
        await own.trim({ before: 0, maximumRows: 10, usageBefore: 0, finerBefore: KEPT, contentBefore: 0 })
        const fewest = await own.page({ filter: { terms: [] }, limit: 500, deadlineMs: 60_000 })
        expect(fewest.rows.length).toBeLessThanOrEqual(10)
        expect((await own.page({ filter: { terms: termsOf('econn') }, limit: 500, deadlineMs: 60_000 })).rows.length).toBeLessThanOrEqual(
          10,
        )
        expect(comparable(await own.usage({ by: [...USAGE_DIMENSIONS], of: 'hour', only: {}, limit: 10_000 }))).toEqual(comparable(all))
        await own.trim({ before: 0, maximumRows: 10, usageBefore: START + DAY_MS, finerBefore: KEPT, contentBefore: 0 })
        expect(comparable(await own.usage({ by: [], step: 'day', of: 'hour', only: {}, limit: 10 })).map(([start]) => start)).toEqual([
          START + DAY_MS,
        ])
      } finally {
        await own.close()
      }
    })
  })
}

function termsOf(q: string): readonly Term[] {
  const parsed = parseQuery(q, { fields: HISTORY_FIELDS, flags: HISTORY_FLAGS })
  if ('problem' in parsed) throw new Error(parsed.problem.message)
  return parsed.terms
}

function countOf(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

const KEPT = { minute: 0, quarter: 0 } as const
