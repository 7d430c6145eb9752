import type { IncomingHttpHeaders } from 'node:http'

/** What a client says of the trace that its request belongs to (W3C Trace Context). */
export interface TraceParent {
  readonly traceId: string
  readonly spanId: string
  /** The client keeps its own part of the trace. */
  readonly sampled: boolean
  /** `tracestate`, as it came. */
  readonly state: string | undefined
}

/** Version, trace id, span id, flags; later versions may go on behind another dash. */
const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/
const ZEROS = /^0+$/
const SAMPLED = 1
/** Entries of a `tracestate` that a receiver has to take. */
const MOST_STATES = 32
const STATE = /^[\t\x20-\x7e]+$/

/** Undefined where there is none, or one that is malformed: a trace then begins here, and the state of the other is not passed on. */
export function traceParentOf(headers: IncomingHttpHeaders): TraceParent | undefined {
  const text = headers['traceparent']
  if (typeof text !== 'string') return undefined
  const match = TRACEPARENT.exec(text)
  if (match === null) return undefined
  const [, version = '', traceId = '', spanId = '', flags = '', more] = match
  if (version === 'ff' || (version === '00' && more !== undefined) || ZEROS.test(traceId) || ZEROS.test(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED, state: stateOf(headers['tracestate']) }
}

export function traceparent(traceId: string, spanId: string, sampled: boolean): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
}

function stateOf(header: string | string[] | undefined): string | undefined {
  const text = typeof header === 'string' ? header : header?.join(',')
  if (text === undefined || !STATE.test(text) || text.split(',').length > MOST_STATES) return undefined
  return text
}
