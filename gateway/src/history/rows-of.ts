import { SERVICE_OF_ENDPOINT } from '@jairouter/contract/names'
import type { HistoryFlag } from '@jairouter/contract/management/history-names'
import { wordsOf } from '@jairouter/contract/management/query'
import { keyIdOf } from '../config/key-id.ts'
import { describeChain } from '../telemetry/describe-error.ts'
import { answeredByOf, costOfCall, costOfRequest, type PriceSources } from '../telemetry/request-cost.ts'
import { isSlow, isSlowIn } from '../telemetry/slow.ts'
import type { AttemptRecord, CapturedContent, RequestRecord } from '../telemetry/request-record.ts'
import { bitOf, type AttemptRow, type HistoryEntry } from './history-row.ts'

/** What clients and backends make up themselves is cut. */
const LONGEST_NAME = 256
const LONGEST_ERROR = 1_000

/**
 * The rows of a request that is over. Holds what the record holds: no key, and what was said only where that was to be kept. `offset`: epoch
 * milliseconds at which the record's monotonic clock was 0.
 */
export function rowsOf(record: RequestRecord, prices: PriceSources, offset: number): HistoryEntry {
  const { key, usage, attempts, experiment, units } = record
  const last = attempts.at(-1)
  const sent = last?.upstreamModel ?? ''
  const answeredBy = answeredByOf(record)
  const cost = costOfRequest(record, prices)
  const error = record.cause === undefined ? '' : cut(describeChain(record.cause), LONGEST_ERROR)
  const words = error === '' ? [] : wordsOf(error)
  return {
    request: {
      id: cut(record.id),
      time: Math.round(offset + record.startedAt),
      key: record.principal ?? '',
      keyId: key === undefined ? '' : keyIdOf(key),
      user: key?.owner ?? '',
      team: key?.team ?? '',
      client: record.address,
      dialect: record.dialect ?? 'openai',
      endpoint: record.endpoint,
      service: SERVICE_OF_ENDPOINT[record.endpoint],
      model: record.model ?? '',
      asked: cut(record.asked ?? ''),
      sent: cut(sent),
      answeredBy,
      backend: last?.backend ?? '',
      status: record.status,
      code: record.code ?? '',
      flags: flagBits(record),
      attempts: attempts.length,
      ms: round(record.durationMs),
      firstMs: roundOrNull(record.firstByteMs),
      overheadMs: roundOrNull(record.overheadMs),
      pausedMs: round(record.pausedMs),
      queuedMs: roundOrNull(record.queuedMs),
      in: usage?.promptTokens ?? 0,
      cached: usage?.cachedPromptTokens ?? 0,
      out: usage?.completionTokens ?? 0,
      reasoning: usage?.reasoningTokens ?? 0,
      total: usage?.totalTokens ?? 0,
      images: units?.images ?? 0,
      characters: units?.characters ?? 0,
      audioSeconds: usage?.audioSeconds ?? 0,
      cost: cost?.amount ?? null,
      currency: cost?.currency ?? '',
      cache: record.cache ?? '',
      fallback: record.fallback ?? '',
      hedge: record.hedge ?? '',
      experiment: experiment?.id ?? '',
      group: experiment?.group ?? '',
      generation: record.generation,
      error,
      words: words.length === 0 ? '' : ` ${words.join(' ')} `,
    },
    attempts: attempts.map((attempt, index) => attemptRow(attempt, index, { record, prices })),
    ...contentOf(record.captured),
  }
}

function isForHistory(captured: CapturedContent | undefined): captured is CapturedContent {
  return captured !== undefined && captured.to.includes('history')
}

function contentOf(captured: CapturedContent | undefined): Pick<HistoryEntry, 'content'> {
  if (!isForHistory(captured)) return {}
  const { input = null, output = null, masked } = captured
  return { content: { input, output, masked, cut: captured.cut ? 1 : 0 } }
}

function attemptRow(
  attempt: AttemptRecord,
  index: number,
  { record, prices }: { readonly record: RequestRecord; readonly prices: PriceSources },
): AttemptRow {
  const { sentAt, usage, upstreamModel } = attempt
  const since = (at: number) => (Number.isNaN(at) ? null : round(at - sentAt))
  return {
    n: index + 1,
    why: attempt.why,
    backend: attempt.backend,
    instance: attempt.instance,
    sent: upstreamModel,
    outcome: attempt.outcome,
    code: attempt.code ?? '',
    status: attempt.status ?? 0,
    startMs: round(sentAt - record.startedAt),
    ms: round(attempt.durationMs),
    backOffMs: round(attempt.backOffMs),
    connectedMs: since(attempt.connectedAt),
    headersMs: since(attempt.headersAt),
    in: usage?.promptTokens ?? 0,
    out: usage?.completionTokens ?? 0,
    cost: costOfCall(attempt, prices)?.amount ?? null,
    estimated: usage?.estimated === true ? 1 : 0,
  }
}

const ABORTED: ReadonlySet<string> = new Set(['client_closed', 'aborted_by_operator'])

function flagBits(record: RequestRecord): number {
  const { code, attempts, hedge, cache, usage } = record
  const held: Readonly<Record<HistoryFlag, boolean>> = {
    error: code !== undefined,
    slow: isSlow(record),
    retried: attempts.length - 1 - (hedge === undefined ? 0 : 1) > 0,
    hedged: hedge !== undefined,
    fallback: record.fallback !== undefined,
    cached: cache === 'hit' || cache === 'shared',
    aborted: code !== undefined && ABORTED.has(code),
    estimated: usage?.estimated === true || attempts.some((attempt) => attempt.usage?.estimated === true),
    stream: record.stream,
    limited: record.status === 429,
    'slow-first-token': isSlowIn(record, 'first-token'),
    'slow-between-tokens': isSlowIn(record, 'between-tokens'),
    captured: isForHistory(record.captured),
  }
  let bits = 0
  for (const flag of Object.keys(held) as HistoryFlag[]) if (held[flag]) bits |= bitOf(flag)
  return bits
}

/** Cut, and without what no database takes. */
function cut(text: string, length = LONGEST_NAME): string {
  return text.slice(0, length).toWellFormed().replaceAll('\0', '\u{fffd}')
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100
}

function roundOrNull(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : round(milliseconds)
}
