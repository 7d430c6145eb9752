import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chartSchema, heatmapSchema, statisticsSchema, timelineSchema, topSchema } from '@jairouter/contract/management/series'
import { MEASURES } from '@jairouter/contract/management/measures'
import { describe, expect, it, onTestFinished } from 'vitest'
import { annotationRoutes } from '../../src/admin/series/annotations.ts'
import { instancePastRoutes } from '../../src/admin/series/instance-past.ts'
import { seriesRoutes } from '../../src/admin/series/series.ts'
import type { HistoryEntry, RequestRow } from '../../src/history/history-row.ts'
import { packEntries } from '../../src/history/packed-entries.ts'
import { MemoryHistory } from '../../src/history/memory-history.ts'
import type { HistoryStore } from '../../src/history/port.ts'
import { openSqliteHistory } from '../../src/history/sqlite/sqlite-history.ts'
import type { ConfigVersion } from '../../src/versions/config-desk.ts'
import { examplesAgainst } from '../support/check-routes.ts'
import { serveRoutes } from '../support/serve-routes.ts'
import { DAYS_MS, randomEntries, START } from './random-entries.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
/** In the middle of a minute, so that the last bucket is open. */
const NOW = START + DAYS_MS - 30_000
const iso = (time: number) => new Date(time).toISOString()

const STORES: readonly (readonly [string, () => HistoryStore])[] = [
  ['memory', () => new MemoryHistory()],
  [
    'sqlite',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'jairouter-series-'))
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
      return openSqliteHistory({ folder, now: Date.now })
    },
  ],
]

async function served(open: () => HistoryStore, entries: readonly HistoryEntry[]) {
  const history = open()
  onTestFinished(() => history.close())
  await history.write({ id: 'b', packed: packEntries(entries) })
  const version = { number: 7, time: iso(NOW - 20 * MINUTE), author: 'ada', origin: 'api', message: 'faster' } as ConfigVersion
  const old = { ...version, number: 6, time: iso(NOW - 40 * HOUR) }
  const list = async ({ before = Infinity }: { before?: number }) => [version, old].filter(({ number }) => number < before)
  const ports = { history, now: () => NOW, desk: { list }, live: { instance: () => undefined }, overrides: { of: () => undefined } }
  const routes = [...seriesRoutes(ports), ...annotationRoutes(ports), ...instancePastRoutes(ports)]
  const url = await serveRoutes(routes)
  const get = async (path: string, role = 'viewer') => {
    const response = await fetch(url + path, { headers: { 'x-role': role } })
    return { status: response.status, body: (await response.json()) as { readonly [field: string]: never } }
  }
  return { history, get, routes }
}

/** One of a few alike: what differs is said. */
function entry(more: Partial<RequestRow>, attempts: HistoryEntry['attempts'] = []): HistoryEntry {
  const [any] = randomEntries(1)
  if (any === undefined) throw new Error('no entry')
  const plain = { status: 200, code: '', model: 'm', backend: 'gpu-1', sent: 'x', service: 'chat', cost: 10, in: 3, out: 2, total: 5 }
  return { request: { ...any.request, ...plain, firstMs: null, ms: 100, time: NOW - MINUTE, ...more }, attempts }
}

describe.each(STORES)('statistics over %s', (_name, open) => {
  it('have charts that sum up to the rows', async () => {
    const entries = randomEntries(500, 9)
    const { get } = await served(open, entries)
    const meant = (from: number, to = Infinity) => entries.filter(({ request }) => request.time >= from && request.time < to)
    for (const [query, from, step] of [
      ['', NOW + 1 - HOUR, 60],
      [`from=${iso(NOW - 5 * HOUR)}`, NOW - 5 * HOUR, 900],
      [`from=${iso(NOW - 5 * HOUR)}&step=1m`, NOW - 5 * HOUR, 60],
      [`from=${iso(NOW - 30 * HOUR)}`, NOW - 30 * HOUR, 3_600],
      [`from=${iso(NOW - 20 * HOUR)}`, NOW - 20 * HOUR, 900],
      [`from=${iso(NOW - 20 * HOUR)}&step=1h`, NOW - 20 * HOUR, 3_600],
      [`from=${iso(START)}&step=1d`, START, 86_400],
      [`from=${iso(NOW - 3 * HOUR)}&step=5m`, NOW - 3 * HOUR, 300],
    ] as const) {
      const { status, body } = await get(`/series?m=requests,tokens,errors.upstream&by=none&${query}`)
      expect([query, status]).toEqual([query, 200])
      const chart = chartSchema.parse(body)
      expect([chart.step, (chart.t[1] ?? (chart.t[0] ?? 0) + step) - (chart.t[0] ?? 0)]).toEqual([step, step])
      expect(chart.t[0]).toBe(Math.floor(from / 1_000 / step) * step)
      const wanted = meant((chart.t[0] ?? 0) * 1_000)
      const sum = (key: string) => chart.lines.find((line) => line.key === key)?.v.reduce((all: number, value) => all + (value ?? 0), 0)
      expect([sum('requests'), sum('tokens')]).toEqual([wanted.length, wanted.reduce((all, { request }) => all + request.total, 0)])
      expect(chart.openFrom).toBe(chart.t.at(-1))
    }
  })

  it('have a line for each group, and one of the time before', async () => {
    const at = (minutes: number, model: string) => entry({ model, time: NOW - minutes * MINUTE })
    const { get } = await served(open, [at(5, 'a'), at(5, 'a'), at(6, 'b'), at(65, 'a'), at(70, 'c')])
    const never = chartSchema.parse(
      (await get(`/series?m=requests,ttft.p50&from=${iso(NOW - 3 * MINUTE)}&to=${iso(NOW - 2 * MINUTE)}`)).body,
    )
    expect(never.lines.map(({ v }) => [...new Set(v)])).toEqual([[0], [null]])
    const range = `from=${iso(NOW - 10 * MINUTE)}&to=${iso(NOW)}`
    const chart = chartSchema.parse((await get(`/series?m=requests&by=model&${range}`)).body)
    expect(chart.lines.map(({ key, group, v }) => [key, group, v.reduce((sum: number, value) => sum + (value ?? 0), 0)])).toEqual([
      ['requests a', 'a', 2],
      ['requests b', 'b', 1],
    ])
    const hour = `from=${iso(NOW - HOUR)}&to=${iso(NOW)}`
    const compared = chartSchema.parse((await get(`/series?m=requests&by=model&compare=previous&${hour}`)).body)
    const totals = compared.lines.map(({ key, previous = false, v }) => [
      key,
      previous,
      v.reduce((sum: number, value) => sum + (value ?? 0), 0),
    ])
    expect(totals).toEqual([
      ['requests a', false, 2],
      ['requests b', false, 1],
      ['requests a', true, 1],
      ['requests b', true, 0],
    ])
    const before = compared.lines.find(({ key, previous }) => key === 'requests a' && previous === true)
    const now = compared.lines.find(({ key, previous }) => key === 'requests a' && previous === undefined)
    // 65 minutes ago is where 5 minutes ago is, an hour before; the bounds were moved to whole minutes.
    expect(Math.abs((before?.v.indexOf(1) ?? 0) - (now?.v.indexOf(2) ?? 100))).toBeLessThanOrEqual(1)
    expect((await get(`/series?m=requests&by=instance&instance=gpu-1/x&${range}`)).body).toMatchObject({ lines: [{ group: 'gpu-1/x' }] })
  })

  it('tell percentiles within a tenth, and both success rates', async () => {
    const durations = Array.from({ length: 200 }, (_, index) => 3 + index * index)
    const [any] = randomEntries(9).flatMap(({ attempts }) => attempts)
    if (any === undefined) throw new Error('no attempt')
    const calls = (...outcomes: readonly (readonly [backend: string, outcome: string])[]) =>
      outcomes.map(([backend, outcome], index) => ({ ...any, n: index + 1, backend, sent: 'x', outcome, ms: 4 }))
    const entries = durations.map((ms, index) =>
      entry(
        {
          ms,
          firstMs: ms / 2,
          ...(index < 20 ? { status: 502, code: 'upstream_error' } : {}),
          ...(index >= 180 ? { status: 400, code: 'invalid' } : {}),
        },
        index < 40 ? calls(['gpu-2', 'reset'], ['gpu-1', 'ok']) : calls(['gpu-1', index === 41 ? 'client_closed' : 'ok']),
      ),
    )
    const { get } = await served(open, entries)
    const { items } = statisticsSchema.parse((await get('/statistics?by=model')).body)
    const [all] = items
    expect(all).toMatchObject({ name: 'm', requests: 200, errors: 40, attempts: 239, tokens: 1_000, cost: 2_000 })
    expect([all?.clientSuccess, all?.attemptSuccess]).toEqual([160 / 180, 199 / 239])
    const quantile = (share: number) => durations[Math.ceil(200 * share) - 1] ?? 0
    for (const [part, share] of [
      ['p50', 0.5],
      ['p75', 0.75],
      ['p90', 0.9],
      ['p95', 0.95],
      ['p99', 0.99],
    ] as const) {
      for (const [shown, exact] of [
        [all?.durationMs[part], quantile(share)],
        [all?.ttftMs[part], quantile(share) / 2],
      ] as const)
        expect(Math.abs((shown ?? 0) / exact - 1)).toBeLessThanOrEqual(0.1)
    }
    const exact = durations.reduce((sum, ms) => sum + ms, 0) / 200
    expect(all?.durationMs.avg).toBeCloseTo(exact, 1)
    // Calls count for the instance that they were made to.
    const byInstance = statisticsSchema.parse((await get('/statistics?by=instance&sort=-attempts')).body).items
    expect(byInstance.map(({ name, requests, attempts, attemptSuccess }) => [name, requests, attempts, attemptSuccess])).toEqual([
      ['gpu-1/x', 200, 199, 1],
      ['gpu-2/x', 0, 40, 0],
    ])
    const chart = chartSchema.parse((await get(`/series?m=${Object.keys(MEASURES).join(',')}&from=${iso(NOW - HOUR)}`)).body)
    const told = Object.fromEntries(chart.lines.map(({ m, v }) => [m, v.find((value) => value !== null && value !== 0)]))
    expect(told).toMatchObject({
      requests: 200,
      errors: 40,
      'errors.upstream': 20,
      'errors.client': 20,
      attempts: 239,
      'success.client': 160 / 180,
      'success.attempt': 199 / 239,
      'tokens.in': 600,
      'duration.p95': all?.durationMs.p95,
      'ttft.p50': all?.ttftMs.p50,
      rate: 3.33,
    })
  })

  it('name the greatest', async () => {
    const of = (key: string, model: string, cost: number) => entry({ key, model, cost, time: NOW - 2 * HOUR })
    const { get } = await served(open, [of('ci', 'a', 5), of('ci', 'b', 5), of('web', 'a', 30), of('', 'c', 10)])
    const top = async (query: string) => topSchema.parse((await get(`/top?${query}`)).body)
    expect((await top('by=key&m=cost')).items).toEqual([
      { name: 'web', value: 30, share: 0.6 },
      { name: '', value: 10, share: 0.2 },
      { name: 'ci', value: 10, share: 0.2 },
    ])
    expect((await top('by=model&m=requests&limit=1')).items).toEqual([{ name: 'a', value: 2, share: 0.5 }])
    expect((await top('by=key&m=requests&model=b')).items.map(({ name }) => name)).toEqual(['ci'])
    expect(await top('by=model&m=duration.p95')).toMatchObject({ unit: 'ms', total: null, items: [{ share: null }, {}, {}] })
    expect((await top(`by=model&from=${iso(NOW - HOUR)}`)).items).toEqual([])
    const chart = chartSchema.parse((await get('/series?by=key&m=requests,cost&step=6h')).body)
    expect(chart.lines.map(({ key, v }) => [key, v.reduce((sum: number, value) => sum + (value ?? 0), 0)]).slice(0, 2)).toEqual([
      ['requests web', 1],
      ['cost web', 30],
    ])
  })

  it.each([
    ['/series?m=speed', '"speed"'],
    ['/series?m=', 'at least one'],
    ['/series?by=key&m=ttft.p95', 'not kept by key'],
    ['/series?user=ada&m=success.client', 'not kept by key'],
    ['/series?by=key&step=5m', '1h'],
    [`/series?step=1m&from=${iso(NOW - 30 * HOUR)}`, '6 hours'],
    [`/series?step=5m&from=${iso(START - 20 * 24 * HOUR)}`, '8 days'],
    [`/series?step=1h&from=${iso(START - 60 * 24 * HOUR)}`, 'at most 1000'],
    [`/series?from=${iso(NOW)}&to=${iso(NOW - 1)}`, 'after from'],
    ['/top?by=key&m=ttft.p95', 'not kept by key'],
    ['/top?by=key&instance=a/b', 'instance'],
    [`/annotations?from=${iso(NOW)}&to=${iso(NOW - 1)}`, 'after from'],
    [`/instances/a/b/timeline?from=${iso(NOW + 1)}`, 'before now'],
  ])('refuse %s', async (path, told) => {
    const { get } = await served(open, [])
    const { status, body } = await get(path)
    expect([status, body['code']]).toEqual([400, 'invalid_query'])
    expect(body['detail']).toContain(told)
  })

  it('draw how long requests to an instance took', async () => {
    const at = (minutes: number, firstMs: number, backend = 'gpu-1') => entry({ backend, firstMs, time: NOW - minutes * MINUTE })
    const { get } = await served(open, [at(3, 10), at(3, 10), at(3, 500), at(10, 10), at(3, 10, 'gpu-2')])
    const map = heatmapSchema.parse((await get('/instances/gpu-1/x/heatmap?metric=ttft')).body)
    expect(map.counts.flat().reduce((sum, count) => sum + count, 0)).toBe(4)
    const [lowest, highest] = [map.counts[0], map.counts.at(-1)]
    expect([lowest?.filter((count) => count > 0), highest?.filter((count) => count > 0)]).toEqual([[1, 2], [1]])
    expect([(map.bounds[0] ?? 0) >= 10, (map.bounds.at(-1) ?? 0) >= 500, map.bounds.length]).toEqual([true, true, map.counts.length])
    expect((await get('/instances/gpu-9/x/heatmap')).status).toBe(404)
  })

  it('say what happened beside a chart, and in which states an instance was', async () => {
    const { get, history } = await served(open, [])
    const event = (minutesAgo: number, kind: string, type: string, subject: string, data: object) => ({
      time: NOW - minutesAgo * MINUTE,
      kind,
      type,
      severity: 'info',
      subject,
      data: JSON.stringify(data),
    })
    await history.write({
      id: 'events',
      packed: packEntries([]),
      events: [
        event(100, 'start', 'started', '', {}),
        event(90, 'health', 'healthy', 'gpu-1', { from: 'unknown', reason: 'probe' }),
        event(30, 'breaker', 'open', 'gpu-1/x', { from: 'closed', reason: 'consecutive' }),
        event(29, 'breaker', 'open', 'gpu-1/y', { from: 'closed', reason: 'consecutive' }),
        event(20, 'health', 'unhealthy', 'gpu-1', { from: 'healthy', reason: 'refused' }),
        event(15, 'breaker', 'closed', 'gpu-1/x', { from: 'open', reason: 'reset' }),
        event(10, 'health', 'healthy', 'gpu-1', { from: 'unhealthy', reason: 'probe' }),
        event(5, 'override', 'set', 'gpu-1/x', { kind: 'draining', reason: 'new driver' }),
        event(1, 'key', 'created', 'k-1', {}),
      ],
    })
    const { intervals } = timelineSchema.parse((await get('/instances/gpu-1/x/timeline')).body)
    expect(intervals.map(({ from, state, reason }) => [(NOW - Date.parse(from)) / MINUTE, state, reason])).toEqual([
      [60, 'healthy', 'probe'],
      [30, 'breaker-open', 'consecutive'],
      [20, 'unhealthy', 'refused'],
      [10, 'healthy', 'probe'],
      [5, 'draining', 'new driver'],
    ])
    expect(intervals.slice(1).map(({ from }) => from)).toEqual(intervals.slice(0, -1).map(({ to }) => to))
    const long = timelineSchema.parse(
      (await get(`/instances/gpu-1/x/timeline?from=${iso(NOW - 2 * HOUR)}&to=${iso(NOW - 80 * MINUTE)}`)).body,
    )
    expect(long.intervals.map(({ state }) => state)).toEqual(['unseen', 'healthy'])
    expect((await get('/instances/gpu-9/x/timeline')).status).toBe(404)

    const { items } = (await get('/annotations')).body as unknown as {
      items: { kind: string; type: string; subject: string; data: unknown }[]
    }
    expect(items.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
      'breaker gpu-1/x',
      'breaker gpu-1/y',
      'health gpu-1',
      'config 7',
      'breaker gpu-1/x',
      'health gpu-1',
      'override gpu-1/x',
    ])
    expect(items.find(({ kind }) => kind === 'config')).toMatchObject({ type: 'version', data: { author: 'ada', message: 'faster' } })
  })

  it('have examples that are valid, and are for those who run the gateway', async () => {
    const { routes, get } = await served(open, [])
    expect(examplesAgainst(routes).filter((line) => routes.some(({ path }) => line.includes(` ${path}:`)))).toEqual([])
    for (const { path } of routes) expect((await get(path.replace('*', 'a/b'), 'developer')).status).toBe(403)
  })
})
