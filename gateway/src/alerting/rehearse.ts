import type { RuleTest } from '@jairouter/contract/management/alerts'
import { AlertBook } from '../alert/alert-book.ts'
import type { Alert } from '../alert/alert.ts'
import { bucketOf } from '../alert/bucket-quantile.ts'
import { findingsOf, seriesName, type Figures, type Finding } from '../alert/findings.ts'
import type { AlertRule } from '../alert/rule.ts'
import { SampleRing } from '../alert/sample-ring.ts'
import { classOfFailure, shapeOfRow } from '../failures/fingerprint.ts'
import { FailureIndex } from '../failures/failure-index.ts'
import { bitOf, type StoredRow } from '../history/history-row.ts'
import type { HistoryStore, Place } from '../history/port.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { BusEvent } from '../telemetry/event-bus.ts'
import { DURATION_BUCKETS } from '../telemetry/metric-definition.ts'
import { outcomesOf } from './read-figures.ts'

const PAGE_ROWS = 500
const PAGE_MS = 1_000
/** Of rows: what is looked at, and how long they are gathered. */
const MOST_ROWS = 50_000
const LONGEST_MS = 10_000
const MOST_STEPS = 20_000

export interface RehearsalPorts {
  readonly history: Pick<HistoryStore, 'page'>
  /** Oldest first. */
  readonly events: readonly BusEvent[]
  /** Everything that happened is in `events` from then on, epoch milliseconds. */
  readonly eventsSince: number
  /** How often rules are looked at. */
  readonly everyMs: number
  /** Epoch milliseconds. */
  readonly now: () => number
}

interface Range {
  readonly from: number
  readonly to: number
}

type Rehearsal = Omit<RuleTest, 'now'>

/** When a rule would have fired: played over what is known of the past, by the same steps as those that really look at it. */
export async function rehearse(rule: AlertRule, range: Range, ports: RehearsalPorts): Promise<Rehearsal> {
  if (rule.kind === 'breaker-open' || rule.kind === 'backend-down') return overEvents(rule, range, ports)
  if (!isInRows(rule)) {
    const reason = 'The history does not tell of this: only the present is known'
    return { covered: null, reason, looked: 0, firings: [], notices: 0 }
  }
  return overRows(rule, range, ports)
}

/** Rows do not have the silences of streams, and do not say which limit or budget refused them. */
function isInRows({ kind, of, only }: AlertRule): boolean {
  if (kind === 'budget' || kind === 'queue-length') return false
  if (kind === 'rejections') return Object.keys(only).length === 0
  return kind !== 'latency' || of !== 'between-tokens'
}

async function overRows(rule: AlertRule, range: Range, ports: RehearsalPorts): Promise<Rehearsal> {
  // What the first look goes by came before it.
  const { rows, complete } = await readRows({ from: range.from - rule.windowMs, to: range.to }, ports)
  const ended = rows.map((row) => ({ row, at: row.time + row.ms })).toSorted((a, b) => a.at - b.at)
  const from = complete ? range.from : Math.max(range.from, ended[0]?.at ?? range.to)
  const reader = new RowReader(rule)
  let next = 0
  const played = play(rule, { from, to: range.to }, ports.everyMs, (at) => {
    for (let each = ended[next]; each !== undefined && each.at <= at; each = ended[next]) {
      reader.add(each.row, each.at)
      next += 1
    }
    return reader.figures(at)
  })
  const reason = complete ? {} : { reason: 'There are more requests in this time than are looked at for a test' }
  return { covered: shown({ from, to: range.to }), ...reason, looked: rows.length, ...played }
}

async function readRows({ from, to }: Range, { history, now }: RehearsalPorts): Promise<{ rows: readonly StoredRow[]; complete: boolean }> {
  const rows: StoredRow[] = []
  const startedAt = now()
  let before: Place | undefined
  for (;;) {
    const page = await history.page({
      filter: { terms: [], from, to },
      limit: PAGE_ROWS,
      deadlineMs: PAGE_MS,
      ...(before === undefined ? {} : { before }),
    })
    rows.push(...page.rows)
    before = page.next
    if (before === undefined) return { rows, complete: true }
    if (rows.length >= MOST_ROWS || now() - startedAt >= LONGEST_MS) return { rows, complete: false }
  }
}

/** Rows as counters of the time would have had them. */
class RowReader {
  readonly #rule: AlertRule
  readonly #past = new SampleRing()
  readonly #failures = new FailureIndex()
  #counts = new Map<string, Float64Array>()

  constructor(rule: AlertRule) {
    this.#rule = rule
  }

  add(row: StoredRow, at: number): void {
    const { kind, of } = this.#rule
    const { service, model, status, code } = row
    if (kind === 'error-rate') this.#add(seriesName('outcomes', service, model === '' ? 'other' : model), outcomesOf({ status, code }, 1))
    else if (kind === 'rejections') this.#reject(row)
    else if (kind === 'latency') {
      const ms = of === 'total' ? row.ms : of === 'queue' ? row.queuedMs : firstTokenOf(row)
      if (ms === null) return
      const bucket = new Float64Array(DURATION_BUCKETS.length + 1)
      bucket[bucketOf(DURATION_BUCKETS, ms / 1_000)] = 1
      this.#add(of === 'queue' ? seriesName('queue', '', model) : seriesName(of, service, model), bucket)
    } else {
      const shape = shapeOfRow(row)
      if (shape !== undefined) this.#failures.add(shape, { id: row.id, time: at })
    }
  }

  figures(at: number): Figures {
    this.#past.add(this.#counts, at, this.#rule.windowMs)
    const failures = this.#failures.all().flatMap((failure) => {
      const { id, service, model, backend, status, code, firstSeen } = failure
      const cause = classOfFailure(failure)
      if (cause === 'client' || cause === 'limited') return []
      const subject = { failure: id, service, model, backend, status: String(status), code }
      return [{ subject, ageMs: at - firstSeen, rate: (windowMs: number) => this.#failures.rate(id, windowMs, at) }]
    })
    return { past: this.#past, bounds: DURATION_BUCKETS, openBreakers: [], downBackends: [], budgets: [], queues: [], failures }
  }

  /** A row does not tell which limit or budget it was. */
  #reject({ status, code }: StoredRow): void {
    if (status !== 429) return
    if (code === 'insufficient_quota') this.#add(seriesName('rejections', '', 'any'), [1])
    else this.#add(seriesName('rejections', 'any'), [1])
  }

  /** Samples keep what they were given: what is added to is another one. */
  #add(name: string, counts: ArrayLike<number>): void {
    const before = this.#counts.get(name) ?? new Float64Array(counts.length)
    const after = before.map((count, index) => count + (counts[index] ?? 0))
    this.#counts = new Map([...this.#counts, [name, after]])
  }
}

/** As the metric has it: of streams alone. */
function firstTokenOf({ flags, firstMs }: StoredRow): number | null {
  return (flags & bitOf('stream')) === 0 ? null : firstMs
}

function overEvents(rule: AlertRule, range: Range, { events, eventsSince, everyMs }: RehearsalPorts): Rehearsal {
  const [type, field, bad] =
    rule.kind === 'breaker-open' ? (['breaker', 'instance', 'open'] as const) : (['health', 'backend', 'unhealthy'] as const)
  const told = events.filter((event) => event.topic === 'instances' && event.type === type && event.time < range.to)
  const from = Math.max(range.from, eventsSince)
  const held = new Set<string>()
  let next = 0
  const played = play(rule, { from, to: range.to }, everyMs, (at) => {
    for (let event = told[next]; event !== undefined && event.time <= at; event = told[next]) {
      const data: Readonly<Record<string, unknown>> = Object(event.data)
      if (data['to'] === bad) held.add(String(data[field]))
      else held.delete(String(data[field]))
      next += 1
    }
    const none = { past: new SampleRing(), bounds: DURATION_BUCKETS, budgets: [], queues: [], failures: [] }
    const openBreakers = field === 'instance' ? [...held].map((instance) => ({ backend: instance.split('/')[0] ?? '', instance })) : []
    return { ...none, openBreakers, downBackends: field === 'backend' ? [...held] : [] }
  })
  const reason = from > range.from ? { reason: 'What happened before is not kept in memory' } : {}
  return { covered: from < range.to ? shown({ from, to: range.to }) : null, ...reason, looked: told.length, ...played }
}

/** Looks at the rule as often as the gateway does, and notes what comes of it. */
function play(
  rule: AlertRule,
  { from, to }: Range,
  everyMs: number,
  figuresAt: (at: number) => Figures,
): Pick<Rehearsal, 'firings' | 'notices'> {
  const step = Math.max(everyMs, Math.ceil((to - from) / MOST_STEPS))
  const book = new AlertBook()
  const firings = new Map<string, Alert>()
  let notices = 0
  for (let at = from; at <= to; at += step) {
    const findings: readonly Finding[] = findingsOf(rule, figuresAt(at))
    if (findings.length === 0 && book.isEmpty) continue
    const stepped = book.step({ rules: [{ rule, findings }], now: at, wallClock: at, isSilenced: () => false })
    notices += stepped.notices.length
    for (const alert of stepped.changes) if (alert.state !== 'pending') firings.set(`${alert.id}\n${alert.firedAt ?? 0}`, alert)
  }
  return {
    notices,
    firings: [...firings.values()].map(({ labels, value, startedAt, firedAt, endedAt }) => ({
      labels: { ...labels },
      value,
      startedAt: isoTime(startedAt),
      firedAt: isoTime(firedAt ?? startedAt),
      endedAt: endedAt === undefined ? null : isoTime(endedAt),
    })),
  }
}

function shown({ from, to }: Range): { from: string; to: string } {
  return { from: isoTime(from), to: isoTime(to) }
}
