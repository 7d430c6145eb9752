import type { FallbackCondition } from '@jairouter/contract/names'
import { isContentFilter, isContextLength, type UpstreamSaid } from './refusal.ts'

/** Why a request could not be served, as far as a fallback chain tells failures apart. */
export type FallbackCause = Exclude<FallbackCondition, 'any'>

/** Where a step says nothing. A refusal by a content filter is no outage: who wants it routed around has to say so. */
export const DEFAULT_CONDITIONS: readonly FallbackCondition[] = ['unavailable', 'timeout', 'rate-limited']

export interface FailureFacts {
  /** The upstream's status; undefined when it gave none. */
  readonly status: number | undefined
  /** The code of the error that the client would be answered with. */
  readonly code: string
  /** The relay's label for the failure: `status_503`, `timeout_idle`, `refused`, `busy`. */
  readonly outcome: string
  readonly upstream?: UpstreamSaid | undefined
}

/** Codes of the gateway's own table that say that the model could not be had. A draining gateway and a bug of ours are not among them. */
const UNAVAILABLE_CODES: ReadonlySet<string> = new Set([
  'upstream_error',
  'upstream_protocol_error',
  'stream_interrupted',
  'no_healthy_instance',
  'circuit_open',
  'overloaded',
  'queue_full',
])
const RATE_LIMIT_CODES: ReadonlySet<string> = new Set(['rate_limit_exceeded', 'insufficient_quota'])
const TIMEOUT_STATUSES: ReadonlySet<number> = new Set([408, 504])
/**
 * Statuses below 500 that are no verdict on the request (backends.md 21.8): the gateway's own credential or account
 * there, a model that this server lacks, a conflict, an engine in trouble.
 */
const NOT_THE_CLIENTS: ReadonlySet<number> = new Set([401, 402, 403, 404, 409, 424, 425, 498])

/** The cause of a failure, or undefined where no fallback may step in: the request itself is at fault, or the client has gone. */
export function causeOf(facts: FailureFacts): FallbackCause | undefined {
  const { status, code, outcome, upstream } = facts
  const fromStatus = status !== undefined && outcome === `status_${status}`
  const said = upstream ?? (fromStatus ? { code, message: '' } : undefined)
  // The filter goes first: taking a refusal for anything else could route around it.
  if (said !== undefined && isContentFilter(said, status)) return 'content-filter'
  // Texts on rate limits speak of too many tokens as well.
  if (said !== undefined && isContextLength(status === 429 ? { ...said, message: '' } : said)) return 'context-length'
  // An upstream may write any code into its body: once it has given a status, that alone counts.
  return fromStatus ? causeOfStatus(status) : causeOfCode(code, outcome)
}

function causeOfStatus(status: number): FallbackCause | undefined {
  if (status === 429) return 'rate-limited'
  if (TIMEOUT_STATUSES.has(status)) return 'timeout'
  const clients = status >= 400 && status < 500 && !NOT_THE_CLIENTS.has(status)
  return clients ? undefined : 'unavailable'
}

function causeOfCode(code: string, outcome: string): FallbackCause | undefined {
  if (code === 'upstream_timeout') return 'timeout'
  // As an outcome of its own it is the gateway's refusal of this client; else the limits of all instances were reached.
  if (RATE_LIMIT_CODES.has(code)) return outcome === code ? undefined : 'rate-limited'
  return UNAVAILABLE_CODES.has(code) ? 'unavailable' : undefined
}

/** Whether a step with these conditions answers to the cause; to none, no step does. */
export function stepApplies(on: readonly FallbackCondition[], cause: FallbackCause | undefined): boolean {
  return cause !== undefined && (on.includes('any') || on.includes(cause))
}
