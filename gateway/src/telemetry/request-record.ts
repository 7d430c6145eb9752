import type { EndpointId } from '@jairouter/contract/names'
import type { ContentAction, ContentSide } from '@jairouter/contract/content-rules'
import type { Usage } from '../endpoints/usage.ts'

/** What happened to one request; written once, at settle. Durations in milliseconds. Holds no key, no prompt, no answer. */
export interface RequestRecord {
  readonly id: string
  endpoint: EndpointId
  readonly address: string
  /** Name of the API key; undefined when access is open or was refused. */
  principal: string | undefined
  /** The public model name, once it was found in the config; what a client merely claims never becomes a label. */
  model: string | undefined
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
  usage: Usage | undefined
  /** What content rules found; undefined where they found nothing. Counts, never a text. */
  content?: readonly ContentHit[]
  readonly attempts: AttemptRecord[]
  /** For the log: the cause behind a fixed text. */
  cause: unknown
}

export interface ContentHit {
  readonly rule: string
  readonly action: ContentAction
  readonly where: ContentSide
  readonly count: number
}

export interface AttemptRecord {
  readonly backend: string
  readonly instance: string
  readonly upstreamModel: string
  /** Monotonic: when the call went out, and when enough of the answer had come for the client's to begin. */
  sentAt: number
  arrivedAt: number
  /** `ok`, or the code of what went wrong. */
  outcome: string
  status: number | undefined
  durationMs: number
  /** Fields that the backend has no word for, and was asked for in the prompt. */
  degraded?: readonly string[]
}
