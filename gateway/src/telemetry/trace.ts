import type { Trace } from '@jairouter/contract/management/explain'
import { SERVICE_OF_ENDPOINT } from '@jairouter/contract/names'
import type { TraceReason } from '@jairouter/contract/management/reasons'
import type { AttemptRecord, RequestRecord } from './request-record.ts'
import { isSlow } from './slow.ts'

/** Whether there is anything to be said of a request. Allocates nothing: it is asked of every one. */
export function isNoteworthy(record: RequestRecord): boolean {
  if (record.traced !== undefined || record.attempts.length > 1 || record.hedge !== undefined || record.fallback !== undefined) return true
  // Who was not let in was not decided about.
  if (record.status === 401) return false
  return record.status >= 400 || record.code !== undefined || isSlow(record)
}

/** Failed, with no server asked, and for reasons of its client's: any number of those can be made at will. */
export function isRefused({ attempts, status }: Pick<RequestRecord, 'attempts' | 'status'>): boolean {
  return attempts.length === 0 && status >= 400 && status < 500
}

function reasonsFor(record: RequestRecord): TraceReason[] {
  const { attempts, traced } = record
  const refused = isRefused(record)
  const reasons: readonly (TraceReason | false | undefined)[] = [
    refused && 'refused',
    !refused && (record.status >= 400 || record.code !== undefined) && 'failed',
    isSlow(record) && 'slow',
    attempts.some(({ why }) => why === 'retry') && 'retried',
    record.hedge !== undefined && 'hedged',
    (record.fallback !== undefined || attempts.some(({ why }) => why === 'fallback')) && 'fallen-back',
    traced,
  ]
  return reasons.filter((reason) => reason !== false && reason !== undefined)
}

/** What is kept of a settled request: ids, numbers and codes. `wallClock`: epoch milliseconds of its end. */
export function traceOf(record: RequestRecord, wallClock: number): Trace {
  const { startedAt, usage, attempts } = record
  const offset = (at: number) => Math.round((at - startedAt) * 1_000)
  return {
    id: record.id,
    traceId: record.traceId ?? null,
    at: new Date(wallClock - record.durationMs).toISOString(),
    why: reasonsFor(record),
    generation: record.generation,
    endpoint: record.endpoint,
    service: SERVICE_OF_ENDPOINT[record.endpoint],
    model: record.model ?? null,
    key: record.principal ?? null,
    client: record.address,
    stream: record.stream,
    status: record.status,
    code: record.code ?? null,
    duration: micros(record.durationMs),
    firstByte: record.firstByteMs === undefined ? null : micros(record.firstByteMs),
    tokens: usage === undefined ? null : { prompt: usage.promptTokens, completion: usage.completionTokens },
    cache: record.cache ?? null,
    fallback: record.fallback ?? null,
    hedge: record.hedge ?? null,
    stages: stagesOf(record, offset),
    attempts: attempts.map((attempt, index) => tracedAttempt(attempt, index + 1, offset)),
    plans: (record.plans ?? []).map(({ at, model, candidates }) => ({ at: offset(at), model, candidates: [...candidates] })),
  }
}

type Offset = (at: number) => number

function tracedAttempt(attempt: AttemptRecord, n: number, offset: Offset): Trace['attempts'][number] {
  const known = (at: number) => (Number.isNaN(at) ? null : offset(at))
  return {
    n,
    why: attempt.why,
    instance: attempt.instance,
    backend: attempt.backend,
    upstreamModel: attempt.upstreamModel,
    from: offset(attempt.sentAt),
    connected: known(attempt.connectedAt),
    headers: known(attempt.headersAt),
    // Of a call that failed it is when that was seen.
    firstToken: attempt.outcome === 'ok' ? offset(attempt.arrivedAt) : null,
    to: offset(attempt.sentAt + attempt.durationMs),
    outcome: attempt.outcome,
    status: attempt.status ?? null,
    code: attempt.code ?? null,
    backoff: micros(attempt.backOffMs),
    unsent: attempt.unsent,
    degraded: [...(attempt.degraded ?? [])],
  }
}

/** One after the other from the request's begin to its end, as far as it came. */
function stagesOf(record: RequestRecord, offset: Offset): Trace['stages'] {
  const { attempts, resolvedAt, queuedAt, queuedMs, startedAt, durationMs, firstByteMs } = record
  const [first] = attempts
  const end = offset(startedAt + durationMs)
  const resolved = Number.isNaN(resolvedAt) ? end : offset(resolvedAt)
  const stages: Trace['stages'] = [{ name: 'read', from: 0, to: resolved }]
  if (Number.isNaN(resolvedAt)) return stages
  const asked = first === undefined ? end : offset(first.sentAt)
  const hasQueued = !Number.isNaN(queuedAt) && queuedMs !== undefined && offset(queuedAt) <= asked
  const admitted = hasQueued ? offset(queuedAt) : asked
  stages.push({ name: 'admit', from: resolved, to: admitted })
  if (hasQueued) stages.push({ name: 'queue', from: admitted, to: Math.max(admitted, Math.min(asked, offset(queuedAt + queuedMs))) })
  if (first === undefined) return stages
  const begun = firstByteMs === undefined ? end : offset(startedAt + firstByteMs)
  stages.push({ name: 'ask', from: asked, to: Math.max(asked, begun) })
  if (firstByteMs !== undefined) stages.push({ name: 'answer', from: Math.max(asked, begun), to: Math.max(asked, begun, end) })
  return stages
}

function micros(milliseconds: number): number {
  return Math.round(milliseconds * 1_000)
}
