import { SERVICE_OF_ENDPOINT, type EndpointId } from '@jairouter/contract/names'
import type { AttemptRecord, CapturedContent, PlanNote, RequestRecord, RequestTrace } from '../telemetry/request-record.ts'
import { serverOf } from './server-of.ts'
import { SPAN_KIND, type Attributes, type Span, type SpanEvent } from './span.ts'

/** Names of OpenTelemetry's conventions for generative AI where they have one. */
const OPERATIONS: Readonly<Record<EndpointId, string>> = {
  chat: 'chat',
  completion: 'text_completion',
  embedding: 'embeddings',
  rerank: 'rerank',
  speech: 'speech',
  transcription: 'transcription',
  translation: 'translation',
  imageGeneration: 'image_generation',
  imageEdit: 'image_edit',
  imageVariation: 'image_variation',
  moderation: 'moderation',
  realtime: 'realtime',
}

/** Ends of calls that are nobody's fault: the client left, or another one was faster. */
const NO_FAULTS: ReadonlySet<string> = new Set(['ok', 'hedge_lost', 'client_closed'])

/** A settled request that is to be exported. */
export interface TracedRequest {
  readonly record: RequestRecord
  readonly trace: RequestTrace
  /** What backends were told; and what a reader of the trace goes by. */
  readonly sampled: boolean
  /** From monotonic milliseconds to those of the epoch. */
  readonly offsetMs: number
  /** A copy whose answer nobody got: its calls are below the span of the request that it was made of. */
  readonly shadow: boolean
}

export function spanCount({ record, shadow }: TracedRequest): number {
  return record.attempts.length + (shadow ? 0 : 1)
}

/** The request, and each call that was made for it. Ids, names, numbers and codes: no key, and what was said only where that was to be there. */
export function spansOf(traced: TracedRequest): Span[] {
  const { record, shadow } = traced
  const attempts = record.attempts.map((attempt, index) => attemptSpan(traced, attempt, index))
  return shadow ? attempts : [requestSpan(traced), ...attempts]
}

function requestSpan({ record, trace, sampled, offsetMs }: TracedRequest): Span {
  const { endpoint, model, status, code, startedAt } = record
  const operation = OPERATIONS[endpoint]
  return {
    traceId: trace.traceId,
    id: trace.spanId,
    parentId: trace.parentId,
    remoteParent: trace.parentId !== undefined,
    state: trace.state,
    sampled,
    name: model === undefined ? operation : `${operation} ${model}`,
    kind: SPAN_KIND.server,
    startMs: offsetMs + startedAt,
    endMs: offsetMs + startedAt + record.durationMs,
    attributes: {
      'gen_ai.operation.name': operation,
      'gen_ai.request.model': model,
      'gen_ai.response.model': record.attempts.findLast(({ outcome }) => outcome === 'ok')?.upstreamModel,
      // Counted once in a trace: where a call has answered, they are at its span.
      ...(answering(record) === undefined ? usageOf(record) : {}),
      'http.request.method': endpoint === 'realtime' ? 'GET' : 'POST',
      'http.response.status_code': status,
      'client.address': record.address,
      'error.type': code ?? (status >= 400 ? String(status) : undefined),
      'jairouter.request.id': record.id,
      'jairouter.service': SERVICE_OF_ENDPOINT[endpoint],
      'jairouter.key': record.principal,
      'jairouter.stream': record.stream,
      'jairouter.config.generation': record.generation,
      'jairouter.attempts': record.attempts.length,
      'jairouter.cache': record.cache,
      'jairouter.fallback': record.fallback,
      'jairouter.hedge': record.hedge,
      'jairouter.experiment.group': record.experiment?.group,
      'jairouter.first_byte_ms': record.firstByteMs,
      'jairouter.overhead_ms': record.overheadMs,
      'jairouter.paused_ms': record.pausedMs === 0 ? undefined : record.pausedMs,
      'jairouter.queued_ms': record.queuedMs,
      ...contentOf(record.captured),
    },
    events: requestEvents(record, offsetMs),
    // What a client asked wrongly is no fault of the server's (conventions for HTTP).
    failed: status >= 500 || (status < 400 && code !== undefined),
  }
}

function attemptSpan({ record, trace, offsetMs, sampled, shadow }: TracedRequest, attempt: AttemptRecord, index: number): Span {
  const { span, upstreamModel, sentAt, outcome } = attempt
  const operation = OPERATIONS[record.endpoint]
  return {
    traceId: trace.traceId,
    id: span?.id ?? '',
    parentId: trace.spanId,
    remoteParent: false,
    state: trace.state,
    sampled,
    name: `${operation} ${upstreamModel}`,
    kind: SPAN_KIND.client,
    startMs: offsetMs + sentAt,
    endMs: offsetMs + sentAt + attempt.durationMs,
    attributes: {
      'gen_ai.operation.name': operation,
      'gen_ai.request.model': upstreamModel,
      ...(span === undefined ? {} : serverOf(span.backend)),
      ...(attempt === answering(record) ? usageOf(record) : {}),
      'http.request.method': record.endpoint === 'realtime' ? 'GET' : 'POST',
      'http.request.resend_count': attempt.why === 'retry' ? index : undefined,
      'http.response.status_code': attempt.status,
      'error.type': outcome === 'ok' ? undefined : (attempt.code ?? outcome),
      'jairouter.backend': attempt.backend,
      'jairouter.instance': attempt.instance,
      'jairouter.attempt': index + 1,
      'jairouter.attempt.why': attempt.why,
      'jairouter.outcome': outcome,
      'jairouter.backoff_ms': attempt.backOffMs === 0 ? undefined : attempt.backOffMs,
      'jairouter.unsent': attempt.unsent ? true : undefined,
      'jairouter.degraded': attempt.degraded,
      'jairouter.shadow': shadow ? true : undefined,
    },
    events: attemptEvents(record, attempt, offsetMs),
    failed: !NO_FAULTS.has(outcome),
  }
}

/** What was said, where a policy wants it in traces: masked, and once in a trace. */
function contentOf(captured: CapturedContent | undefined): Attributes {
  if (captured?.to.includes('traces') !== true) return {}
  return { 'gen_ai.input.messages': captured.input, 'gen_ai.output.messages': captured.output }
}

/** The call whose answer the client got. */
function answering({ attempts, hedge, cache }: RequestRecord): AttemptRecord | undefined {
  if (cache === 'hit' || cache === 'shared') return undefined
  const isHedge = ({ why }: AttemptRecord) => why === 'hedge'
  const answered = attempts.findLast(
    (attempt) => attempt.outcome === 'ok' && (hedge === undefined || isHedge(attempt) === (hedge === 'won')),
  )
  return answered ?? attempts.findLast(({ outcome }) => outcome === 'ok') ?? attempts.at(-1)
}

function usageOf({ usage }: RequestRecord): Attributes {
  if (usage === undefined) return {}
  return {
    'gen_ai.usage.input_tokens': usage.promptTokens,
    'gen_ai.usage.output_tokens': usage.completionTokens,
    'jairouter.usage.estimated': usage.estimated,
  }
}

/** In the order of time. */
function requestEvents(record: RequestRecord, offsetMs: number): SpanEvent[] {
  const { attempts, startedAt, firstByteMs, queuedAt, queuedMs, plans, fallback } = record
  const events: SpanEvent[] = []
  const add = (name: string, at: number, attributes: Attributes = {}) => events.push({ name, atMs: offsetMs + at, attributes })
  for (const note of plans ?? []) {
    const leftOut = leftOutIn(note)
    if (leftOut.length > 0) add('instances_left_out', note.at, { 'jairouter.model': note.model, 'jairouter.left_out': leftOut })
  }
  if (!Number.isNaN(queuedAt)) add('queued', queuedAt, { 'jairouter.queued_ms': queuedMs })
  for (const [index, { why, sentAt, instance, backOffMs }] of attempts.entries()) {
    if (why === 'first') continue
    const before = attempts[index - 1]
    add(why, sentAt, {
      'jairouter.instance': instance,
      'jairouter.backoff_ms': backOffMs === 0 ? undefined : backOffMs,
      'error.type': why === 'hedge' || before === undefined || before.outcome === 'ok' ? undefined : (before.code ?? before.outcome),
    })
  }
  const begun = firstByteMs === undefined ? undefined : startedAt + firstByteMs
  if (fallback === 'cache' || fallback === 'response')
    add('fallback', begun ?? startedAt + record.durationMs, { 'jairouter.fallback': fallback })
  if (begun !== undefined) add(record.stream ? 'first_token' : 'first_byte', begun)
  return events.toSorted((a, b) => a.atMs - b.atMs)
}

/** `instance: reason`, as for an open circuit breaker, or a pause that it asked for. */
function leftOutIn({ candidates }: PlanNote): string[] {
  return candidates.flatMap(({ instance, reason }) => (reason === null ? [] : [`${instance}: ${reason}`]))
}

function attemptEvents(
  record: RequestRecord,
  { connectedAt, headersAt, arrivedAt, outcome }: AttemptRecord,
  offsetMs: number,
): SpanEvent[] {
  const events: SpanEvent[] = []
  const add = (name: string, at: number) => {
    if (!Number.isNaN(at)) events.push({ name, atMs: offsetMs + at, attributes: {} })
  }
  add('connected', connectedAt)
  add('headers', headersAt)
  // Of a call that failed it is when that was seen.
  if (record.stream && outcome === 'ok') add('first_token', arrivedAt)
  return events
}
