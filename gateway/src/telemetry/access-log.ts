import { symbols, type DestinationStream } from 'pino'
import { isoTime } from '../lib/iso-time.ts'
import { describeChain } from './describe-error.ts'
import type { Logger } from './log.ts'
import type { AttemptRecord, RequestRecord } from './request-record.ts'

/**
 * One line for each request to the model APIs. Never a key, a prompt or an answer: the record holds none.
 *
 * The line is put together here, in pino's own shape, and given to pino's destination: for an object of fifteen fields
 * pino's serialisation took a tenth of the CPU time of a small request.
 */
export function logAccess(log: Logger, record: RequestRecord, { now, sample, random }: AccessLogOptions): void {
  const failed = record.status >= 500
  if (!log.isLevelEnabled(failed ? 'warn' : 'info')) return
  if (sample < 1 && record.status < 400 && record.code === undefined && random() >= sample) return
  const destination = destinationOf(log)
  if (log.isLevelEnabled('debug'))
    for (const [index, attempt] of record.attempts.entries()) destination.write(attemptLine(record, attempt, { n: index + 1, now }))
  destination.write(lineOf(record, failed, now))
}

export interface AccessLogOptions {
  /** Epoch milliseconds. */
  readonly now: number
  /** Share of the requests that went well which get a line. */
  readonly sample: number
  readonly random: () => number
}

/** One line for each call to a backend, at the level `debug`. */
function attemptLine(record: RequestRecord, attempt: AttemptRecord, { n, now }: { readonly n: number; readonly now: number }): string {
  const { instance, why, outcome, status, code, durationMs, backOffMs, unsent, connectedAt, headersAt, sentAt } = attempt
  const since = (at: number) => (Number.isNaN(at) ? undefined : round(at - sentAt))
  return `${JSON.stringify({
    level: 20,
    time: isoTime(now),
    id: record.id,
    trace: record.trace?.traceId,
    span: attempt.span?.id,
    attempt: n,
    why,
    instance,
    outcome,
    status,
    code,
    unsent: unsent ? true : undefined,
    ms: round(durationMs),
    connectedMs: since(connectedAt),
    headersMs: since(headersAt),
    backOffMs: backOffMs === 0 ? undefined : round(backOffMs),
    msg: 'attempt',
  })}\n`
}

/** pino names the slot of its destination for integrations, its types leave it out. */
function destinationOf(log: Logger): DestinationStream {
  return (log as unknown as { readonly [symbols.streamSym]: DestinationStream })[symbols.streamSym]
}

function lineOf(record: RequestRecord, failed: boolean, now: number): string {
  const { model, principal, code, firstByteMs, overheadMs, queuedMs, hedge, cache, fallback, usage, attempts, cause, trace } = record
  const last = attempts.at(-1)
  let line = `{"level":${failed ? 40 : 30},"time":"${isoTime(now)}","id":${text(record.id)},"endpoint":"${record.endpoint}"`
  if (trace !== undefined) line += `,"trace":"${trace.traceId}"`
  if (model !== undefined) line += `,"model":${text(model)}`
  if (principal !== undefined) line += `,"key":${text(principal)}`
  line += `,"client":${text(record.address)},"status":${record.status}`
  if (code !== undefined) line += `,"code":${text(code)}`
  if (record.stream) line += ',"stream":true'
  if (last !== undefined) line += `,"backend":${text(last.backend)},"upstreamModel":${text(last.upstreamModel)}`
  if (last?.degraded !== undefined) line += `,"degraded":${JSON.stringify(last.degraded)}`
  line += `,"attempts":${attempts.length > 1 ? JSON.stringify(attempts.map(describeAttempt)) : attempts.length}`
  line += `,"ms":${round(record.durationMs)}`
  if (firstByteMs !== undefined) line += `,"firstByteMs":${round(firstByteMs)}`
  if (overheadMs !== undefined) line += `,"overheadMs":${round(overheadMs)}`
  if (queuedMs !== undefined) line += `,"queuedMs":${round(queuedMs)}`
  if (hedge !== undefined) line += `,"hedge":"${hedge}"`
  if (cache !== undefined) line += `,"cache":"${cache}"`
  if (fallback !== undefined) line += `,"fallback":"${fallback}"`
  if (usage !== undefined) {
    line += `,"tokens":{"prompt":${usage.promptTokens},"completion":${usage.completionTokens}`
    line += usage.estimated === undefined ? '}' : `,"estimated":${usage.estimated}}`
  }
  if (record.content !== undefined) line += `,"content":${JSON.stringify(record.content)}`
  if (cause !== undefined) line += `,"cause":${text(describeChain(cause))}`
  return `${line},"msg":"${failed ? 'request failed' : 'request'}"}\n`
}

/** As a JSON string: names come from the config, and what a backend says from anywhere. */
function text(value: string): string {
  return JSON.stringify(value)
}

function describeAttempt({ instance, outcome, status, durationMs }: AttemptRecord): object {
  return { instance, outcome, status, ms: round(durationMs) }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100
}
