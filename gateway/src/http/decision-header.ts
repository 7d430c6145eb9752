import type { KeyRecord } from '../config/snapshot.ts'
import type { AttemptRecord, RequestRecord } from '../telemetry/request-record.ts'
import { EXPLAIN_HEADER } from './client-reply.ts'

/** Proxies drop answers whose headers are much larger than this. */
const LARGEST = 4_096
const MOST_ATTEMPTS = 8

export function asksToExplain(headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
  return headers[EXPLAIN_HEADER] === '1'
}

/** Users who may run the gateway. */
export function isStaff(key: KeyRecord | undefined): boolean {
  return key?.role === 'admin' || key?.role === 'operator'
}

/** The decision so far, as JSON in visible ASCII: whatever else is in it is percent-encoded. At most 4 KB. */
export function decisionHeader(record: RequestRecord, now: number): string {
  const { model, cache, fallback, hedge, attempts, plans, queuedMs, pausedMs } = record
  const facts = {
    id: record.id,
    generation: record.generation,
    model,
    ...defined({ cache, fallback, hedge, queuedMs: rounded(queuedMs), pausedMs: rounded(pausedMs) }),
    ms: rounded(now - record.startedAt),
  }
  const calls = attempts.slice(-MOST_ATTEMPTS).map(shown)
  const last = plans?.at(-1)?.candidates.map(({ instance, reason }) => [instance, reason ?? 'eligible'])
  const full = encoded({ ...facts, attempts: calls, candidates: last })
  if (full.length <= LARGEST) return full
  const short = encoded({ ...facts, attempts: calls })
  return short.length <= LARGEST ? short : encoded({ id: record.id })
}

function shown({ instance, why, outcome, code, sentAt, arrivedAt, durationMs }: AttemptRecord): object {
  const isOpen = durationMs === 0
  return { instance, why, outcome: isOpen ? 'open' : outcome, ...defined({ code }), ms: rounded(isOpen ? arrivedAt - sentAt : durationMs) }
}

function defined(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== 0))
}

function rounded(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds * 100) / 100
}

function encoded(value: object): string {
  return JSON.stringify(value).replace(/[^\x21-\x24\x26-\x7e]+/g, encodeURIComponent)
}
