import { SERVICE_OF_ENDPOINT } from '@jairouter/contract/names'
import type { HistoryFlag } from '@jairouter/contract/management/history-names'
import { wordsOf } from '@jairouter/contract/management/query'
import type { Prices } from '@jairouter/contract/prices'
import { priceOf, type Cost } from '../budget/price.ts'
import { keyIdOf } from '../config/key-id.ts'
import type { Usage } from '../endpoints/usage.ts'
import { describeChain } from '../telemetry/describe-error.ts'
import type { AttemptRecord, RequestRecord } from '../telemetry/request-record.ts'
import { bitOf, type AttemptRow, type HistoryEntry } from './history-row.ts'

/** What clients and backends make up themselves is cut. */
const LONGEST_NAME = 256
const LONGEST_ERROR = 1_000

/** Of answers, where prices are looked up. */
export interface PriceSources {
  /** By public name. */
  readonly config: Prices
  /** By the name that the backend knows; undefined: the config's alone. */
  readonly starting: Prices | undefined
}

/**
 * The rows of a request that is over. Holds what the record holds: no key, no prompt, no answer. `offset`: epoch
 * milliseconds at which the record's monotonic clock was 0.
 */
export function rowsOf(record: RequestRecord, prices: PriceSources, offset: number): HistoryEntry {
  const { key, usage, attempts, experiment, units } = record
  const last = attempts.at(-1)
  const sent = last?.upstreamModel ?? ''
  const answeredBy = record.answeredBy ?? (usage === undefined && record.code !== undefined ? '' : (record.model ?? ''))
  const model = answeredBy === '' ? (record.model ?? '') : answeredBy
  const own = ofAnswer(record) ? costOf(prices, { model, sent, usage, units }) : undefined
  const wasted = attempts.flatMap((attempt) =>
    attempt.usage === undefined || attempt.usage === usage || attempt.outcome === 'ok' ? [] : [attempt],
  )
  const lost = wasted.map((attempt) => costOf(prices, { model, sent: attempt.upstreamModel, usage: attempt.usage }))
  const cost = sumOf([own, ...lost])
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
    attempts: attempts.map((attempt, index) => attemptRow(attempt, index, { record, prices, model })),
  }
}

function attemptRow(
  attempt: AttemptRecord,
  index: number,
  { record, prices, model }: { readonly record: RequestRecord; readonly prices: PriceSources; readonly model: string },
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
    cost: costOf(prices, { model, sent: upstreamModel, usage })?.amount ?? null,
    estimated: usage?.estimated === true ? 1 : 0,
  }
}

interface Answered {
  readonly model: string
  readonly sent: string
  readonly usage: Usage | undefined
  readonly units?: RequestRecord['units']
}

function costOf({ config, starting }: PriceSources, { model, sent, usage, units }: Answered): Cost | undefined {
  if (usage === undefined && units === undefined) return undefined
  const used = { promptTokens: 0, completionTokens: 0, ...usage, ...units }
  return priceOf(config, model, used) ?? (starting === undefined ? undefined : priceOf(starting, sent, used))
}

/** Two currencies can't be added: what was answered in the first one counts. */
function sumOf(costs: readonly (Cost | undefined)[]): Cost | undefined {
  const known = costs.filter((cost) => cost !== undefined)
  const currency = known[0]?.currency
  if (currency === undefined) return undefined
  return { currency, amount: known.reduce((sum, cost) => sum + (cost.currency === currency ? cost.amount : 0), 0) }
}

/** A model made the answer for this request; else nobody is to be paid. */
function ofAnswer({ cache, fallback }: RequestRecord): boolean {
  return cache !== 'hit' && cache !== 'shared' && (fallback === undefined || fallback === 'model')
}

const ABORTED: ReadonlySet<string> = new Set(['client_closed', 'aborted_by_operator'])

function flagBits(record: RequestRecord): number {
  const { code, attempts, hedge, cache, usage } = record
  const held: Readonly<Record<HistoryFlag, boolean>> = {
    error: code !== undefined,
    slow: record.durationMs >= record.slowMs,
    retried: attempts.length - 1 - (hedge === undefined ? 0 : 1) > 0,
    hedged: hedge !== undefined,
    fallback: record.fallback !== undefined,
    cached: cache === 'hit' || cache === 'shared',
    aborted: code !== undefined && ABORTED.has(code),
    estimated: usage?.estimated === true || attempts.some((attempt) => attempt.usage?.estimated === true),
    stream: record.stream,
    limited: record.status === 429,
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
