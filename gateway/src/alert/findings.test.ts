import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketOf, bucketQuantile } from './bucket-quantile.ts'
import { describeAlert } from './describe-alert.ts'
import { findingsOf, seriesName, type Figures } from './findings.ts'
import { aRule } from './fixtures/a-rule.ts'

const BOUNDS = [0.1, 1, 10]

function figures(more: Partial<Figures> = {}, series: Readonly<Record<string, readonly number[]>> = {}): Figures {
  const past = { over: () => new Map(Object.entries(series)) }
  return { past, bounds: BOUNDS, openBreakers: [], downBackends: [], budgets: [], queues: [], failures: [], ...more }
}

describe('rules', () => {
  it('over errors go by the share of what could have been answered, of enough requests', () => {
    const series = {
      [seriesName('outcomes', 'chat', 'bad')]: [100, 6],
      [seriesName('outcomes', 'chat', 'good')]: [100, 5],
      [seriesName('outcomes', 'chat', 'few')]: [9, 9],
    }
    const rule = aRule({ kind: 'error-rate', above: 0.05, minimum: 10 })
    expect(findingsOf(rule, figures({}, series))).toEqual([{ subject: { service: 'chat', model: 'bad' }, value: 0.06 }])
    expect(findingsOf({ ...rule, only: { model: 'g*' } }, figures({}, series))).toEqual([])
  })

  it('over times go by a percentile of their own series', () => {
    const series = { [seriesName('total', 'chat', 'm')]: [0, 0, 100, 0], [seriesName('queue', '', 'm')]: [100, 0, 0, 0] }
    const rule = aRule({ kind: 'latency', above: 2_000, minimum: 100 })
    expect(findingsOf(rule, figures({}, series))).toEqual([{ subject: { service: 'chat', model: 'm' }, value: expect.closeTo(9_550) }])
    expect(findingsOf({ ...rule, of: 'queue', above: 50 }, figures({}, series))).toEqual([
      { subject: { model: 'm' }, value: expect.closeTo(95) },
    ])
    expect(findingsOf({ ...rule, minimum: 101 }, figures({}, series))).toEqual([])
  })

  it('over rejections go by how many there were a minute, by limits and by budgets', () => {
    const series = {
      [seriesName('rejections', 'key')]: [601],
      [seriesName('rejections', '', 'daily')]: [700],
      [seriesName('rejections', 'model')]: [600],
    }
    const rule = aRule({ kind: 'rejections', above: 120, windowMs: 300_000 })
    expect(findingsOf(rule, figures({}, series))).toEqual([
      { subject: { scope: 'key' }, value: 120.2 },
      { subject: { budget: 'daily' }, value: 140 },
    ])
  })

  it('over what is so just now', () => {
    const now = figures({
      openBreakers: [{ backend: 'a', instance: 'a/m' }],
      downBackends: ['a'],
      budgets: [
        { id: 'x', share: 0.91 },
        { id: 'y', share: 0.9 },
      ],
      queues: [
        { service: 'chat', model: 'm', waiting: 101 },
        { service: 'chat', model: 'n', waiting: 100 },
      ],
    })
    expect(findingsOf(aRule({ kind: 'breaker-open' }), now)).toEqual([{ subject: { backend: 'a', instance: 'a/m' }, value: 1 }])
    expect(findingsOf(aRule({ kind: 'backend-down' }), now)).toEqual([{ subject: { backend: 'a' }, value: 1 }])
    expect(findingsOf(aRule({ kind: 'budget', above: 0.9 }), now)).toEqual([{ subject: { budget: 'x' }, value: 0.91 }])
    expect(findingsOf(aRule({ kind: 'queue-length', above: 100 }), now)).toEqual([{ subject: { service: 'chat', model: 'm' }, value: 101 }])
  })

  it('over failures go by how new they are, and how many', () => {
    const failure = (id: string, ageMs: number, perMinute: number) => ({ subject: { failure: id }, ageMs, rate: () => perMinute })
    const now = figures({ failures: [failure('old', 400_000, 20), failure('new', 300_000, 1)] })
    expect(findingsOf(aRule({ kind: 'new-failure' }), now).map(({ subject }) => subject)).toEqual([{ failure: 'new' }])
    expect(findingsOf(aRule({ kind: 'failure-rate', above: 10 }), now)).toEqual([{ subject: { failure: 'old' }, value: 20 }])
  })
})

describe('a percentile of buckets', () => {
  it('lies in the bucket of the value that has it, or is the last bound', () => {
    const values = fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (given, quantile) => {
        const counts = [0, 0, 0, 0]
        for (const value of given) counts[bucketOf(BOUNDS, value)] = (counts[bucketOf(BOUNDS, value)] ?? 0) + 1
        const exact = given.toSorted((a, b) => a - b)[Math.ceil(given.length * quantile - 1e-9) - 1] ?? 0
        const found = bucketQuantile(counts, BOUNDS, quantile) ?? -1
        if (exact > 10) expect(found).toBe(10)
        else expect(Math.abs(bucketOf(BOUNDS, found) - bucketOf(BOUNDS, exact))).toBeLessThanOrEqual(1)
      }),
    )
    expect(bucketQuantile([0, 0, 0, 0], BOUNDS, 0.5)).toBeUndefined()
  })
})

it.each([
  [
    { kind: 'error-rate', above: 0.05 },
    { service: 'chat', model: 'm' },
    0.123,
    '12.3 % of the requests to m have failed in 5 min (more than 5 %)',
  ],
  [
    { kind: 'latency', of: 'first-token', above: 10_000 },
    { model: 'm' },
    12_345,
    'p95 of the time to the first token of m was 12.35 s in 5 min (more than 10 s)',
  ],
  [{ kind: 'breaker-open' }, { instance: 'a/m' }, 1, 'The circuit breaker of a/m is open'],
  [{ kind: 'backend-down' }, { backend: 'a' }, 1, 'The backend a is out'],
  [{ kind: 'rejections', above: 60 }, { scope: 'key' }, 90, 'Limits by key reject 90 requests a minute (more than 60)'],
  [{ kind: 'rejections', above: 60 }, { budget: 'b' }, 90, 'The budget b refuses 90 requests a minute (more than 60)'],
  [{ kind: 'budget', above: 0.9 }, { budget: 'b' }, 0.95, '95 % of the budget b is spent (more than 90 %)'],
  [{ kind: 'queue-length', above: 100 }, { model: 'm' }, 120, '120 requests wait for an instance of m (more than 100)'],
  [
    { kind: 'new-failure' },
    { code: 'upstream_error', status: '502', model: 'm', backend: '' },
    1,
    'A failure that was not seen before: upstream_error, status 502, model m',
  ],
  [{ kind: 'failure-rate', above: 10 }, { code: 'c', status: '502' }, 12.345, '12.35 times a minute: c, status 502 (more than 10)'],
] as const)('%j is told in one line', (more, subject, value, text) => {
  expect(describeAlert(aRule(more), subject, value)).toBe(text)
})
