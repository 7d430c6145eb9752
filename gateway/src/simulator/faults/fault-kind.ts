import type { Ending, Reply } from '../reply.ts'

/** What was written names no fault, or tells it something that it does not know. */
export class FaultSyntaxError extends Error {}

/** What a fault may be told; each kind says which of these it reads. */
export interface FaultParameters {
  /** Where it strikes: the number of an event in a stream (0 is the first), a byte's offset in anything else. */
  readonly at?: number
  /** Milliseconds: before the fault, or between its repetitions. */
  readonly after?: number
  readonly status?: number
  /** Seconds, a negative number or any text as they stand; `date` gives an HTTP date `after` milliseconds from now. */
  readonly retryAfter?: string
  readonly body?: string
  readonly bytes?: number
  readonly count?: number
  /** How the connection ends. */
  readonly end?: Ending
  readonly shape?: string
  readonly location?: string
  readonly type?: string
  /** Only the first so many requests are hit. */
  readonly times?: number
  /** Share of requests that are hit, 0 to 1, drawn from `seed` and the request's number. */
  readonly rate?: number
  readonly seed?: number
}

/** Read by every kind: they decide whether a request is hit at all. */
export const SELECTING = ['times', 'rate', 'seed'] as const

export interface FaultContext {
  /** The parsed body of the request; empty for a request without one. */
  readonly request: Readonly<Record<string, unknown>>
  /** What the same request gives without `stream`. */
  readonly plain: () => Reply
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface FaultKind {
  readonly about: string
  readonly reads: readonly Exclude<keyof FaultParameters, (typeof SELECTING)[number]>[]
  /** The answer as this fault would have it. Pure. */
  readonly apply: (reply: Reply, parameters: FaultParameters, context: FaultContext) => Reply
}
