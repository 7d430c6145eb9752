import { describe, expect, it } from 'vitest'
import { aRule } from '../alert/fixtures/a-rule.ts'
import type { AlertRule } from '../alert/rule.ts'
import { bitOf, type StoredRow } from '../history/history-row.ts'
import type { Page, PageQuery } from '../history/port.ts'
import type { BusEvent } from '../telemetry/event-bus.ts'
import { rehearse, type RehearsalPorts } from './rehearse.ts'

const NOW = 1_790_000_000_000
const MINUTE_MS = 60_000

function row(atMs: number, more: Partial<StoredRow> = {}): StoredRow {
  const none = {
    service: 'chat',
    model: 'm',
    backend: 'a',
    status: 200,
    code: '',
    error: '',
    ms: 100,
    firstMs: 50,
    queuedMs: null,
    flags: 0,
    id: 'r',
  }
  return { ...none, time: atMs, seq: atMs, ...more } as StoredRow
}

/** Pages of two rows, newest first. */
function historyOf(rows: readonly StoredRow[]): RehearsalPorts['history'] {
  const sorted = rows.toSorted((a, b) => b.time - a.time)
  return {
    page({ filter: { from = 0, to = Infinity }, before }: PageQuery): Promise<Page> {
      const left = sorted.filter(({ time }) => time >= from && time < to && (before === undefined || time < before.time))
      const last = left[1]
      return Promise.resolve({
        rows: left.slice(0, 2),
        partial: false,
        ...(last === undefined ? {} : { next: { time: last.time, seq: last.seq } }),
      })
    },
  }
}

const played = (rule: AlertRule, rows: readonly StoredRow[], events: readonly BusEvent[] = []) =>
  rehearse(
    rule,
    { from: NOW - 60 * MINUTE_MS, to: NOW },
    { history: historyOf(rows), events, eventsSince: NOW - 30 * MINUTE_MS, everyMs: 15_000, now: () => NOW },
  )

const failed = { status: 502, code: 'upstream_error' }
const errors = aRule({ kind: 'error-rate', above: 0.5, minimum: 3, windowMs: 5 * MINUTE_MS, forMs: MINUTE_MS })

describe('a rule played over the past', () => {
  it('fires as it would have: after its `for`, until its window is clean', async () => {
    const rows = Array.from({ length: 4 }, (_, index) => row(NOW - 30 * MINUTE_MS + index * 1_000, failed))
    const { firings, looked, notices, covered } = await played(errors, rows)
    expect({ looked, notices }).toEqual({ looked: 4, notices: 2 })
    expect(covered).toEqual({ from: new Date(NOW - 60 * MINUTE_MS).toISOString(), to: new Date(NOW).toISOString() })
    const [first] = firings
    const minutes = (time: string | null | undefined) => (Date.parse(time ?? '') - (NOW - 30 * MINUTE_MS)) / MINUTE_MS
    expect(firings).toHaveLength(1)
    expect(minutes(first?.firedAt) - minutes(first?.startedAt)).toBeCloseTo(1)
    expect(minutes(first?.endedAt)).toBeCloseTo(5, 0)
  })

  it('looks at streams alone where it is for their first token', async () => {
    const rule = aRule({ kind: 'latency', of: 'first-token', above: 1_000, minimum: 2 })
    const slow = { firstMs: 5_000 }
    const at = NOW - 10 * MINUTE_MS
    expect((await played(rule, [row(at, slow), row(at + 1, slow)])).firings).toEqual([])
    const stream = { ...slow, flags: bitOf('stream') }
    expect((await played(rule, [row(at, stream), row(at + 1, stream)])).firings).toMatchObject([
      { labels: { service: 'chat', model: 'm' } },
    ])
    expect(await played({ ...rule, of: 'between-tokens' }, [row(at, stream)])).toMatchObject({ covered: null, looked: 0 })
  })

  it('knows a failure as new where it comes for the first time in what was looked at', async () => {
    const rule = aRule({ kind: 'new-failure', windowMs: 5 * MINUTE_MS })
    const at = (minutes: number) => row(NOW - minutes * MINUTE_MS, { ...failed, error: `reset ${minutes}` })
    const { firings } = await played(rule, [at(50), at(20), at(10)])
    expect(firings).toMatchObject([{ labels: { code: 'upstream_error', backend: 'a' } }])
    expect(Math.round((NOW - Date.parse(firings[0]?.firedAt ?? '')) / MINUTE_MS)).toBe(50)
  })

  it('counts rejections, of all limits together', async () => {
    const rule = aRule({ kind: 'rejections', above: 0.5, windowMs: 5 * MINUTE_MS })
    const rows = Array.from({ length: 3 }, (_, index) => row(NOW - 10 * MINUTE_MS + index, { status: 429, code: 'rate_limit_exceeded' }))
    expect((await played(rule, rows)).firings).toMatchObject([{ labels: { scope: 'any' }, value: 0.6 }])
    expect(await played({ ...rule, only: { scope: 'key' } }, rows)).toMatchObject({ covered: null })
  })

  it('over backends goes by what happened, as far back as that is known', async () => {
    const event = (sequence: number, minutes: number, to: string): BusEvent => {
      return { sequence, topic: 'instances', type: 'health', data: { backend: 'a', to }, time: NOW - minutes * MINUTE_MS }
    }
    const { firings, covered, reason } = await played(
      aRule({ forMs: 2 * MINUTE_MS }),
      [],
      [event(1, 20, 'unhealthy'), event(2, 10, 'healthy'), event(3, 1, 'unhealthy')],
    )
    expect(firings).toMatchObject([{ labels: { backend: 'a' } }])
    expect(Math.round((NOW - Date.parse(firings[0]?.firedAt ?? '')) / MINUTE_MS)).toBe(18)
    expect(covered?.from).toBe(new Date(NOW - 30 * MINUTE_MS).toISOString())
    expect(reason).toContain('not kept')
  })
})
