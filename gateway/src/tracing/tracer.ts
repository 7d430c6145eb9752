import type { IncomingHttpHeaders } from 'node:http'
import { SERVICE_OF_ENDPOINT } from '@jairouter/contract/names'
import type { Backend, TracingSettings } from '../config/snapshot.ts'
import type { AttemptSpan, RequestRecord, RequestTrace } from '../telemetry/request-record.ts'
import type { TracedRequest } from './request-spans.ts'
import { isAlwaysKept, isSampled } from './sampling.ts'
import { traceparent, traceParentOf } from './trace-context.ts'
import type { TraceIds } from './trace-ids.ts'

/** A clock that was set by more than this is followed. */
const CLOCK_JUMP_MS = 20

export interface TracerOptions {
  readonly ids: TraceIds
  /** Monotonic milliseconds, as records have them. */
  readonly now: () => number
  /** Epoch milliseconds. */
  readonly wallClock: () => number
  readonly keep: (traced: TracedRequest) => void
}

/** Begins traces, and decides at their end which are kept. */
export class Tracer {
  readonly #options: TracerOptions
  #settings: TracingSettings
  #offsetMs: number

  constructor(settings: TracingSettings, options: TracerOptions) {
    this.#options = options
    this.#settings = settings
    this.#offsetMs = options.wallClock() - options.now()
  }

  /** From the next decision on. */
  follow(settings: TracingSettings): void {
    this.#settings = settings
  }

  begin(headers: IncomingHttpHeaders): RequestTrace {
    const { ids } = this.#options
    const parent = traceParentOf(headers)
    return new BegunTrace({
      traceId: parent?.traceId ?? ids.trace(),
      spanId: ids.span(),
      parentId: parent?.spanId,
      state: parent?.state,
      parentSampled: parent?.sampled,
      ids,
      settings: this.#settings,
    })
  }

  settled(record: RequestRecord): void {
    const { trace } = record
    if (!(trace instanceof BegunTrace)) return
    const sampled = trace.isSampled(record)
    if (!sampled && !isAlwaysKept(this.#settings, record)) return
    record.traceId = trace.traceId
    this.#options.keep({ record, trace, sampled: true, offsetMs: this.#offset(), shadow: false })
  }

  /** A copy whose answer nobody got. */
  shadowSettled(record: RequestRecord): void {
    const { trace } = record
    if (trace instanceof BegunTrace && trace.isSampled(record))
      this.#options.keep({ record, trace, sampled: true, offsetMs: this.#offset(), shadow: true })
  }

  /** The same for all of a process as long as nobody sets its clock, so that spans of one trace stand as they were. */
  #offset(): number {
    const { now, wallClock } = this.#options
    const offsetMs = wallClock() - now()
    if (Math.abs(offsetMs - this.#offsetMs) > CLOCK_JUMP_MS) this.#offsetMs = offsetMs
    return this.#offsetMs
  }
}

interface TraceBegin extends Omit<RequestTrace, 'startAttempt'> {
  readonly parentSampled: boolean | undefined
  readonly ids: TraceIds
  readonly settings: TracingSettings
}

class BegunTrace implements RequestTrace {
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | undefined
  readonly state: string | undefined
  readonly #begin: TraceBegin
  #sampled: boolean | undefined

  constructor(begin: TraceBegin) {
    this.traceId = begin.traceId
    this.spanId = begin.spanId
    this.parentId = begin.parentId
    this.state = begin.state
    this.#begin = begin
  }

  /** Decided once, when the model is known: what the first backend was told holds for all. */
  isSampled({ endpoint, model }: Pick<RequestRecord, 'endpoint' | 'model'>): boolean {
    const { traceId, parentSampled, settings } = this.#begin
    this.#sampled ??= isSampled(settings, { traceId, parentSampled, service: SERVICE_OF_ENDPOINT[endpoint], model })
    return this.#sampled
  }

  startAttempt(record: Pick<RequestRecord, 'endpoint' | 'model'>, backend: Backend): AttemptSpan {
    const id = this.#begin.ids.span()
    const sampled = this.isSampled(record)
    return { id, backend, headers: { traceparent: traceparent(this.traceId, id, sampled), tracestate: this.state } }
  }
}
