import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { MemoryHistory } from '../../src/history/memory-history.ts'
import type { HistoryStore } from '../../src/history/port.ts'
import { flagsOf, type StoredRow } from '../../src/history/history-row.ts'
import { openSqliteHistory } from '../../src/history/sqlite/sqlite-history.ts'
import { ask, openStream } from '../support/ask.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { countOf, inParallel } from '../support/start-fleet.ts'
import { startRecorded } from './start-recorded.ts'

const LOAD = 320
const MODELS = [{ name: 'sim-chat' }]

function openSqlite(): HistoryStore {
  const folder = mkdtempSync(join(tmpdir(), 'jairouter-numbers-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return openSqliteHistory({ folder, now: Date.now })
}

it.each([
  ['memory', () => new MemoryHistory()],
  ['sqlite', openSqlite],
] as const)('of clients, metrics, rows, sums and backends are the same: %s', { timeout: 60_000 }, async (_name, open) => {
  const target = (backend: string) => ({ backend, model: 'sim-chat' })
  const { fleet, history } = await startRecorded(
    {
      a: { backend: { models: MODELS } },
      b: { backend: { models: MODELS } },
      c: { backend: { models: [{ name: 'sim-chat', as: 'small' }] } },
      d: { backend: { models: [{ name: 'sim-chat', as: 'endless' }] }, faults: { 'sim-chat': { name: 'stall' } } },
    },
    {
      store: open(),
      auth: {
        keys: [
          { name: 'ci', key: 'key-of-ci', priority: 'batch' },
          { name: 'web', key: 'key-of-web' },
        ],
      },
      prices: { both: { input: 2.5, output: 10 }, small: { input: 0.1, output: 0.2, currency: 'EUR' } },
      defaults: { breaker: { enabled: false }, retry: { attempts: 2, budget: 10 } },
      models: [
        { name: 'both', targets: [target('a'), target('b')] },
        { name: 'weak', targets: [target('a')], retry: { attempts: 1 }, fallback: [{ model: 'small' }] },
        { name: 'kept', targets: [target('b')], cache: { ttl: '1h' } },
      ],
    },
  )
  for (const id of ['a', 'b']) fleet.simulator(id).setFault('sim-chat', { name: 'status', status: 500, rate: 0.3, seed: 3 })
  fleet.simulator('c').setFault('sim-chat', { name: 'fin-mid-stream', rate: 0.3, seed: 5 })

  const statuses = await inParallel(LOAD, 16, async (index) => {
    const headers = { authorization: `Bearer key-of-${index % 3 === 0 ? 'web' : 'ci'}` }
    switch (index % 8) {
      case 0:
        return (await fleet.chat({ model: 'both' }, { headers })).status
      case 1:
        return (await fleet.chat({ model: 'both', stream: true }, { headers })).status
      case 2:
        return (await fleet.chat({ model: 'weak', stream: true, seed: index }, { headers })).status
      case 3:
        return (await fleet.chat({ model: 'kept' }, { headers })).status
      case 4:
        return (await fleet.chat({ model: 'nowhere' }, { headers })).status
      case 5: {
        const stream = await openStream(fleet.url, { model: 'endless' }, { headers })
        stream.leave()
        return stream.status
      }
      case 6:
        return (
          await ask(`${fleet.url}/v1/messages`, {
            body: { model: 'both', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] },
            headers,
          })
        ).status
      default:
        return (await fleet.chat({ model: 'both' }, { headers: { authorization: 'Bearer wrong' } })).status
    }
  })
  await fleet.settled(LOAD)
  await history.flush()

  const rows: StoredRow[] = []
  const attempts = new Map<string, number>()
  const page = await history.store.page({ filter: { terms: [] }, limit: 1_000, deadlineMs: 60_000 })
  rows.push(...page.rows)
  let waste = 0
  for (const { id } of rows) {
    const found = await history.store.find(id)
    for (const attempt of found?.attempts ?? []) {
      attempts.set(attempt.backend, (attempts.get(attempt.backend) ?? 0) + 1)
      if (attempt.outcome !== 'ok' && attempt.cost !== null) waste += 1
    }
  }
  const { samples } = await readMetrics(fleet.url)
  const metric = (name: string) => samples.filter((sample) => sample.name === name)
  const sumOf = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    metric(name)
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
      .reduce((sum, { value }) => sum + value, 0)
  const total = <Name extends 'in' | 'out' | 'total' | 'attempts' | 'cost'>(name: Name) =>
    rows.reduce((sum, row) => sum + (row[name] ?? 0), 0)

  // What clients saw: those who left were answered 200 until then.
  const seen = countOf(statuses.map(String))
  const kept = countOf(rows.map(({ status }) => String(status === 499 ? 200 : status)))
  expect(rows).toHaveLength(LOAD)
  expect(kept).toEqual(seen)

  // Metrics.
  const byOutcome = countOf(
    rows.map(({ endpoint, model, status, code }) => [code, endpoint, model === '' ? 'other' : model, status].join(',')),
  )
  expect(
    Object.fromEntries(
      metric('jairouter_requests_total').map(({ labels, value }) => [
        [labels['code'], labels['endpoint'], labels['model'], labels['status']].join(','),
        value,
      ]),
    ),
  ).toEqual(byOutcome)
  expect([sumOf('jairouter_tokens_total', { kind: 'prompt' }), sumOf('jairouter_tokens_total', { kind: 'completion' })]).toEqual([
    total('in'),
    total('out'),
  ])
  expect(sumOf('jairouter_history_dropped_total')).toBe(0)

  // What the model servers were asked.
  const posts = Object.fromEntries(['a', 'b', 'c', 'd'].map((id) => [id, fleet.posts(id).length]))
  expect(Object.fromEntries([...attempts].toSorted())).toEqual(posts)
  expect(Object.fromEntries(['a', 'b', 'c', 'd'].map((id) => [id, sumOf('jairouter_upstream_attempts_total', { backend: id })]))).toEqual(
    posts,
  )
  expect(total('attempts')).toBe([...attempts.values()].reduce((sum, count) => sum + count, 0))

  // Sums.
  for (const of of ['hour', 'day'] as const) {
    const byKey = await history.store.usage({ by: ['key'], of, only: {}, limit: 100 })
    expect(Object.fromEntries(byKey.map(({ values, sums }) => [values[0], sums.requests]))).toEqual(countOf(rows.map(({ key }) => key)))
    const [all] = await history.store.usage({ by: [], of, only: {}, limit: 1 })
    expect(all?.sums).toMatchObject({
      requests: LOAD,
      attempts: total('attempts'),
      in: total('in'),
      out: total('out'),
      total: total('total'),
      cost: total('cost'),
      errors: rows.filter(({ code }) => code !== '').length,
      cacheHits: rows.filter(({ cache }) => cache === 'hit' || cache === 'shared').length,
      fallbacks: rows.filter(({ fallback }) => fallback !== '').length,
    })
  }

  // Everything that was meant to happen did.
  const flags = countOf(rows.flatMap((row) => flagsOf(row.flags)))
  for (const flag of ['error', 'retried', 'fallback', 'cached', 'aborted', 'estimated', 'stream'] as const)
    expect(flags[flag], flag).toBeGreaterThan(0)
  expect(countOf(rows.map(({ dialect }) => dialect))['anthropic']).toBe(LOAD / 8)
  expect(countOf(rows.map(({ currency }) => currency))).toMatchObject({
    USD: expect.any(Number),
    EUR: expect.any(Number),
    '': expect.any(Number),
  })
  expect(rows.filter(({ error }) => error.includes('500')).length).toBeGreaterThan(0)
  expect(waste).toBeGreaterThan(0)
})

it('holds no key, no prompt and no answer', async () => {
  const { fleet, history } = await startRecorded(
    { a: { backend: { models: MODELS, apiKey: 'backend-canary-1' } } },
    { store: new MemoryHistory(), auth: { keys: [{ name: 'ci', key: 'client-canary-2' }] } },
  )
  const said = { messages: [{ role: 'user', content: 'prompt-canary-3' }] }
  await fleet.chat(said, { headers: { authorization: 'Bearer client-canary-2' } })
  await fleet.chat(said, { headers: { authorization: 'Bearer wrong-canary-4' } })
  fleet.simulator('a').setFault('sim-chat', { name: 'status', status: 400, body: '{"error":{"message":"no: prompt-canary-3"}}' })
  await fleet.chat(said, { headers: { authorization: 'Bearer client-canary-2' } })
  await fleet.settled(3)
  await history.flush()
  const page = await history.store.page({ filter: { terms: [] }, limit: 10, deadlineMs: 1_000 })
  const all = JSON.stringify(await Promise.all(page.rows.map(({ id }) => history.store.find(id))))
  expect(page.rows).toHaveLength(3)
  expect(all).not.toContain('canary')
})
