import { SERVICE_OF_ENDPOINT } from '@jairouter/contract/names'
import { CounterFamily, HistogramFamily, OTHER, type HistogramCell, type ShownFamily } from './metric-family.ts'
import { REQUEST_METRICS } from './metric-rows-requests.ts'
import type { AttemptRecord, RequestRecord } from './request-record.ts'
import { isSlow, isSlowIn, SLOW_KINDS } from './slow.ts'

/** What a request cost. */
export interface Cost {
  readonly amount: number
  readonly currency: string
}

export interface RequestMetricsOptions {
  /** Undefined where nobody knows a price. */
  readonly costOf: (record: RequestRecord) => Cost | undefined
  /** Epoch milliseconds. */
  readonly wallClock: () => number
}

/** The books of settled requests. */
export class RequestMetrics {
  readonly #options: RequestMetricsOptions
  readonly #requests = new CounterFamily(REQUEST_METRICS.requests)
  readonly #duration = new HistogramFamily(REQUEST_METRICS.duration)
  readonly #firstToken = new HistogramFamily(REQUEST_METRICS.firstToken)
  readonly #tokenGap = new HistogramFamily(REQUEST_METRICS.tokenGap)
  readonly #longestTokenGap = new HistogramFamily(REQUEST_METRICS.longestTokenGap)
  readonly #overhead = new HistogramFamily(REQUEST_METRICS.overhead)
  readonly #stages = new HistogramFamily(REQUEST_METRICS.stages)
  readonly #slow = new CounterFamily(REQUEST_METRICS.slow)
  readonly #attempts = new CounterFamily(REQUEST_METRICS.attempts)
  readonly #attemptDuration = new HistogramFamily(REQUEST_METRICS.attemptDuration)
  readonly #attemptFirstByte = new HistogramFamily(REQUEST_METRICS.attemptFirstByte)
  readonly #choices = new CounterFamily(REQUEST_METRICS.choices)
  readonly #retries = new CounterFamily(REQUEST_METRICS.retries)
  readonly #shadowRequests = new CounterFamily(REQUEST_METRICS.shadowRequests)
  readonly #queueWait = new HistogramFamily(REQUEST_METRICS.queueWait)
  readonly #hedges = new CounterFamily(REQUEST_METRICS.hedges)
  readonly #fallbacks = new CounterFamily(REQUEST_METRICS.fallbacks)
  readonly #cacheRequests = new CounterFamily(REQUEST_METRICS.cacheRequests)
  readonly #contentMatches = new CounterFamily(REQUEST_METRICS.contentMatches)
  readonly #tokens = new CounterFamily(REQUEST_METRICS.tokens)
  readonly #cost = new CounterFamily(REQUEST_METRICS.cost)
  readonly #clientRequests = new CounterFamily(REQUEST_METRICS.clientRequests)
  readonly #clientTokens = new CounterFamily(REQUEST_METRICS.clientTokens)
  readonly #uploadSize = new HistogramFamily(REQUEST_METRICS.uploadSize)

  constructor(options: RequestMetricsOptions) {
    this.#options = options
  }

  families(): readonly ShownFamily[] {
    return [
      this.#requests,
      this.#duration,
      this.#firstToken,
      this.#tokenGap,
      this.#longestTokenGap,
      this.#overhead,
      this.#stages,
      this.#slow,
      this.#attempts,
      this.#attemptDuration,
      this.#attemptFirstByte,
      this.#choices,
      this.#retries,
      this.#shadowRequests,
      this.#queueWait,
      this.#hedges,
      this.#fallbacks,
      this.#cacheRequests,
      this.#contentMatches,
      this.#tokens,
      this.#cost,
      this.#clientRequests,
      this.#clientTokens,
      this.#uploadSize,
    ]
  }

  /** Once for each request. */
  settled(record: RequestRecord): void {
    const { endpoint, traceId } = record
    // What a client merely claims is nobody's model.
    const model = record.model ?? OTHER
    const service = SERVICE_OF_ENDPOINT[endpoint]
    this.#requests.cell(service, endpoint, model, String(record.status), record.code ?? '').value += 1
    this.#observe(this.#duration.cell(service, endpoint, model), record.durationMs, traceId)
    if (record.stream && record.firstByteMs !== undefined)
      this.#observe(this.#firstToken.cell(service, endpoint, model), record.firstByteMs, traceId)
    for (const { gaps } of record.attempts) {
      if (gaps === undefined) continue
      this.#observe(this.#tokenGap.cell(service, model), gaps.sumMs / gaps.count, traceId)
      this.#observe(this.#longestTokenGap.cell(service, model), gaps.longestMs, traceId)
    }
    if (isSlow(record)) this.#countSlow(record, model)
    this.#countStages(record)
    this.#countAttempts(record.attempts, model, traceId)
    this.#countDetours(record, model)
    this.#countClient(record)
    this.#countTokens(record, model)
    const cost = this.#options.costOf(record)
    if (cost !== undefined) this.#cost.cell(model, cost.currency).value += cost.amount
    if (record.uploadBytes !== undefined) this.#uploadSize.cell(endpoint).observe(record.uploadBytes)
  }

  /** A copy whose answer nobody got. */
  shadowSettled({ model = OTHER, experiment, status, attempts }: RequestRecord): void {
    this.#shadowRequests.cell(model, experiment?.group ?? '', String(status)).value += 1
    this.#countAttempts(attempts, model, undefined)
  }

  #observe(cell: HistogramCell, milliseconds: number, traceId: string | undefined): void {
    if (traceId === undefined) cell.observe(milliseconds / 1_000)
    else cell.observeTraced(milliseconds / 1_000, traceId, this.#options.wallClock() / 1_000)
  }

  #countSlow(record: RequestRecord, model: string): void {
    const service = SERVICE_OF_ENDPOINT[record.endpoint]
    for (const kind of SLOW_KINDS) if (isSlowIn(record, kind)) this.#slow.cell(service, model, kind).value += 1
  }

  #countStages(record: RequestRecord): void {
    const { startedAt, resolvedAt, admittedAt = Number.NaN, overheadMs, firstByteMs, queuedMs, attempts } = record
    if (queuedMs !== undefined) this.#stages.cell('queue').observe(queuedMs / 1_000)
    if (overheadMs !== undefined) this.#observe(this.#overhead.cell(record.endpoint), overheadMs, record.traceId)
    if (Number.isNaN(resolvedAt)) return
    const parseMs = resolvedAt - startedAt
    this.#stages.cell('parse').observe(parseMs / 1_000)
    if (Number.isNaN(admittedAt)) return
    const admitMs = admittedAt - resolvedAt
    this.#stages.cell('admit').observe(admitMs / 1_000)
    const answering = attempts.at(-1)
    if (answering === undefined || firstByteMs === undefined || overheadMs === undefined) return
    // A stream that goes on at another backend, or a hedge that lost, came after the client's first byte.
    const answerMs = Math.max(0, startedAt + firstByteMs - answering.arrivedAt)
    this.#stages.cell('answer').observe(answerMs / 1_000)
    this.#stages.cell('plan').observe(Math.max(0, overheadMs - parseMs - admitMs - answerMs) / 1_000)
  }

  #countAttempts(made: readonly AttemptRecord[], model: string, traceId: string | undefined): void {
    for (const { backend, instance, outcome, why, durationMs, sentAt, arrivedAt, headersAt } of made) {
      this.#attempts.cell(backend, outcome).value += 1
      this.#observe(this.#attemptDuration.cell(backend), durationMs, traceId)
      if (outcome === 'ok' && !Number.isNaN(headersAt)) this.#observe(this.#attemptFirstByte.cell(backend), arrivedAt - sentAt, traceId)
      this.#choices.cell(model, instance, why).value += 1
    }
  }

  #countDetours(record: RequestRecord, model: string): void {
    const retried = record.attempts.length - 1 - (record.hedge === undefined ? 0 : 1)
    if (retried > 0) this.#retries.cell(model).value += retried
    if (record.hedge !== undefined) this.#hedges.cell(model, record.hedge).value += 1
    if (record.queuedMs !== undefined) this.#observe(this.#queueWait.cell(model), record.queuedMs, record.traceId)
    if (record.fallback !== undefined) this.#fallbacks.cell(model, record.fallback).value += 1
    if (record.cache !== undefined) this.#cacheRequests.cell(model, record.cache).value += 1
    for (const { rule, action, where, count } of record.content ?? []) this.#contentMatches.cell(rule, action, where).value += count
  }

  #countClient({ principal = OTHER, status, code, usage }: RequestRecord): void {
    this.#clientRequests.cell(principal, status < 400 && code === undefined ? 'ok' : 'failed').value += 1
    if (usage === undefined) return
    this.#clientTokens.cell(principal, 'prompt').value += usage.promptTokens
    this.#clientTokens.cell(principal, 'completion').value += usage.completionTokens
  }

  #countTokens(record: RequestRecord, model: string): void {
    const { usage } = record
    if (usage === undefined) return
    const estimated = usage.estimated === true ? 'true' : 'false'
    this.#tokens.cell(model, 'prompt', estimated).value += usage.promptTokens
    this.#tokens.cell(model, 'completion', estimated).value += usage.completionTokens
    if (usage.cachedPromptTokens !== undefined) this.#tokens.cell(model, 'cached', estimated).value += usage.cachedPromptTokens
    if (usage.reasoningTokens !== undefined) this.#tokens.cell(model, 'reasoning', estimated).value += usage.reasoningTokens
  }
}
