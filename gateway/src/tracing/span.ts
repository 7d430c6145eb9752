export type AttributeValue = string | number | boolean | readonly string[]
/** What is undefined is left out. Whole numbers are sent as integers. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>

/** Of OTLP's enumeration. */
export const SPAN_KIND = { server: 2, client: 3 } as const

export interface SpanEvent {
  readonly name: string
  /** Epoch milliseconds, with fractions. */
  readonly atMs: number
  readonly attributes: Attributes
}

/** One step of a trace, in the words of OpenTelemetry. */
export interface Span {
  readonly traceId: string
  readonly id: string
  readonly parentId: string | undefined
  /** The parent is in another process. */
  readonly remoteParent: boolean
  readonly state: string | undefined
  readonly sampled: boolean
  readonly name: string
  readonly kind: (typeof SPAN_KIND)[keyof typeof SPAN_KIND]
  /** Epoch milliseconds, with fractions. */
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Attributes
  readonly events: readonly SpanEvent[]
  readonly failed: boolean
}
