import type { IncomingHttpHeaders } from 'node:http'
import type { CapturePlace } from '@jairouter/contract/capture'
import type { AttemptReason, CandidateReason } from '@jairouter/contract/management/reasons'
import type { EndpointId } from '@jairouter/contract/names'
import type { ContentAction, ContentSide } from '@jairouter/contract/content-rules'
import type { Backend, KeyRecord, SlowLimits } from '../config/snapshot.ts'
import type { ExperimentPlace } from '../experiment/plan.ts'
import type { Usage } from '../endpoints/usage.ts'
import type { UsedUnits } from '../endpoints/used-units.ts'

/** What happened to one request; written once, at settle. Durations in milliseconds. Holds no key, and no prompt or answer but in `captured`. */
export interface RequestRecord {
  readonly id: string
  endpoint: EndpointId
  readonly address: string
  /** Name of the API key; undefined when access is open or was refused. */
  principal: string | undefined
  /** That key as it is compiled, which holds no secret: for its id, its owner, its team. */
  key?: KeyRecord | undefined
  /** Whose words the client speaks; undefined: OpenAI's. */
  dialect?: string | undefined
  /** The public model name, once it was found in the config; what a client merely claims never becomes a label. */
  model: string | undefined
  /** The model's name as the client wrote it: for the eyes of who looks at one request, never a label. */
  asked?: string | undefined
  /** The public name of the model that answered, where that is another one. */
  answeredBy?: string | undefined
  /** What is paid for by other units than tokens. */
  units?: UsedUnits | undefined
  stream: boolean
  status: number
  /** Code of the error that the client was given, or by which its stream ended. */
  code: string | undefined
  durationMs: number
  /** Until the first byte of the answer went to the client. */
  firstByteMs: number | undefined
  /** Of the time until then, what was not spent waiting for a backend. */
  overheadMs: number | undefined
  /** Spent waiting for a turn: a leaky bucket's, or an instance's that wants to be left alone. */
  pausedMs: number
  /** Spent in the queue for an instance with room; part of `pausedMs`. Undefined where there was no need. */
  queuedMs: number | undefined
  /** A second call was made because the first was late, and began to answer first, or not. */
  hedge: 'won' | 'lost' | undefined
  /** What the response cache did; undefined where there is none. */
  cache: 'hit' | 'miss' | 'bypass' | 'shared' | undefined
  /** The step of the fallback chain that answered. */
  fallback: 'model' | 'cache' | 'response' | undefined
  /** Where it belongs to in its model's experiment. */
  experiment?: ExperimentPlace | undefined
  usage: Usage | undefined
  /** Of an upload: what was received of it. */
  uploadBytes?: number | undefined
  /** What content rules found; undefined where they found nothing. Counts, never a text. */
  content?: readonly ContentHit[] | undefined
  /** What was said, where a policy wants it kept; masked. Undefined: nothing is. For the history and spans alone. */
  captured?: CapturedContent | undefined
  readonly attempts: AttemptRecord[]
  /** Monotonic: when it came in, when its model was looked up, and when it first came to wait in a queue; NaN where it did not come so far. */
  readonly startedAt: number
  resolvedAt: number
  /** When its limits and budgets had let it in. */
  admittedAt?: number
  /** The policy's: from how long on it is slow. */
  slow: SlowLimits
  queuedAt: number
  /** Of the config that it was answered by. */
  readonly generation: number
  /** Undefined while tracing is off. */
  trace?: RequestTrace | undefined
  /** Of its trace, in hex; there from settle on, where the trace is kept. */
  traceId?: string | undefined
  /** Its decision is to be kept whatever becomes of it. */
  traced: 'asked' | 'sampled' | undefined
  /** How the instances stood when one was chosen; only of choices that were worth a note. */
  plans: PlanNote[] | undefined
  /** For the log: the cause behind a fixed text. */
  cause: unknown
}

/** What a request and its answer said, with what must not be kept masked, and cut to a bound. JSON of messages. */
export interface CapturedContent {
  readonly to: readonly CapturePlace[]
  readonly input: string | undefined
  readonly output: string | undefined
  readonly masked: number
  readonly cut: boolean
}

/** The trace that a request belongs to (W3C Trace Context); ids in hex. */
export interface RequestTrace {
  readonly traceId: string
  /** Of the request's own span. */
  readonly spanId: string
  /** Of the client's span; undefined where the trace begins here. */
  readonly parentId: string | undefined
  /** `tracestate`, as it came. */
  readonly state: string | undefined
  /** A call to a backend begins. */
  startAttempt(record: Pick<RequestRecord, 'endpoint' | 'model'>, backend: Backend): AttemptSpan
}

/** Where traces begin. */
export interface TraceStart {
  /** Undefined while tracing is off. */
  begin(headers: IncomingHttpHeaders): RequestTrace | undefined
}

export interface AttemptSpan {
  readonly id: string
  readonly backend: Backend
  /** Headers that the backend gets in place of the client's; undefined: not at all. */
  readonly headers: Readonly<Record<'traceparent' | 'tracestate', string | undefined>>
}

/** The instances of a model, as they stood when one of them was to be chosen. */
export interface PlanNote {
  /** Monotonic. */
  readonly at: number
  readonly model: string
  readonly candidates: readonly CandidateNote[]
}

export interface CandidateNote {
  readonly instance: string
  /** Why it could not be asked; null: it could. */
  readonly reason: CandidateReason | null
  readonly inFlight: number
}

export interface ContentHit {
  readonly rule: string
  readonly action: ContentAction
  readonly where: ContentSide
  readonly count: number
}

/** Times between what came of a stream, as it came: what a backend sends at once is one piece. */
export interface PieceGaps {
  readonly count: number
  readonly sumMs: number
  readonly longestMs: number
}

export interface AttemptRecord {
  /** Public name of the model that it was a call for: of the one that was asked for, or of one that it fell back to. */
  readonly model: string
  readonly backend: string
  readonly instance: string
  readonly upstreamModel: string
  /** Monotonic: when the call went out, and when enough of the answer had come for the client's to begin. */
  sentAt: number
  arrivedAt: number
  readonly why: AttemptReason
  /** Monotonic; NaN where it did not come so far. */
  connectedAt: number
  headersAt: number
  /** Waited before it. */
  readonly backOffMs: number
  /** Of the error that the client would have been given. */
  code: string | undefined
  /** Failed, and provably nothing of the request had left. */
  unsent: boolean
  /** `ok`, or the code of what went wrong. */
  outcome: string
  status: number | undefined
  durationMs: number
  /** Undefined while tracing is off. */
  span?: AttemptSpan | undefined
  /** Between the pieces of a stream; undefined where there were not two. */
  gaps?: PieceGaps
  /** As far as its answer came; undefined where the backend did not tell and nothing could be counted. */
  usage?: Usage | undefined
  /** Fields that the backend has no word for, and was asked for in the prompt. */
  degraded?: readonly string[]
}
