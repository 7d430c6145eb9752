import type { ErrorCode } from '../errors/error-table.ts'
import { GatewayError, toGatewayError } from '../errors/gateway-error.ts'
import type { ClientError } from '../errors/openai-error.ts'
import { RelayedError } from '../errors/relayed-error.ts'
import { readUpstreamError } from '../errors/upstream-error-body.ts'
import { parseRetryAfter } from '../lib/retry-after.ts'
import type { UpstreamHead } from '../upstream/port.ts'
import { UpstreamFault, type FaultKind } from '../upstream/upstream-fault.ts'
import { ClientGone } from '../errors/client-gone.ts'
import { TimeLimitReached, toTimeoutError } from './time-limits.ts'

/** How an attempt failed, and what follows from it. */
export interface Failure {
  /** What the client is told if this was the last attempt. */
  readonly error: ClientError
  /** Another instance may do better. */
  readonly retry: boolean
  /** What it says of the backend: `refused` takes it out at once, `failed` counts. */
  readonly health: 'refused' | 'failed' | 'none'
  /** Label in metrics and log. */
  readonly outcome: string
  readonly status?: number
}

const UNREACHABLE: ReadonlySet<FaultKind> = new Set(['dns', 'tls', 'unreachable', 'refused'])
/** No verdict on the request: this instance lacks the model, has a conflict or a full queue, or was not started for the task. */
const ASK_ELSEWHERE: ReadonlySet<number> = new Set([404, 409, 429, 501])
/** Faults of the server in a client's clothes: a timeout, and the engines of TEI, TGI and Groq (backends.md 21.8). */
const SERVER_FAULTS: ReadonlySet<number> = new Set([408, 424, 425, 498])
const FIXED_TEXT = 'The model server failed; details are in the gateway log under the request id'

/** Anything thrown during an attempt → what follows from it. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ClientGone) {
    return {
      error: new GatewayError('client_closed', 'The client closed the connection', { cause: error }),
      retry: false,
      health: 'none',
      outcome: 'client_closed',
    }
  }
  if (error instanceof TimeLimitReached) {
    const retry = error.limit !== 'total'
    return { error: toTimeoutError(error), retry, health: retry ? 'failed' : 'none', outcome: `timeout_${error.limit}` }
  }
  if (error instanceof UpstreamFault) {
    const code: ErrorCode = error.kind === 'protocol' ? 'upstream_protocol_error' : 'upstream_error'
    const health = error.kind === 'refused' ? 'refused' : 'failed'
    return {
      error: new GatewayError(code, UNREACHABLE.has(error.kind) ? 'The model server could not be reached' : FIXED_TEXT, { cause: error }),
      retry: true,
      health,
      outcome: error.kind,
    }
  }
  // Our own refusals while an answer was under way, such as an upload that turned out to be too large.
  if (error instanceof GatewayError) return { error, retry: false, health: 'none', outcome: error.code }
  return { error: toGatewayError(error), retry: false, health: 'none', outcome: 'internal_error' }
}

/** An answer that is no answer: HTML with 200, broken JSON, an error inside of a 200. */
export function protocolFailure(why: string): Failure {
  return {
    error: new GatewayError('upstream_protocol_error', 'The model server gave an answer that makes no sense', { cause: new Error(why) }),
    retry: true,
    health: 'none',
    outcome: 'upstream_protocol_error',
  }
}

/**
 * An answer with another status than 2xx (backends.md 21.8). `now` is epoch milliseconds, for `Retry-After` dates;
 * `forLog` takes out of the backend's text what must not reach a log.
 */
export function failureOfStatus(head: UpstreamHead, body: Buffer, context: { now: number; forLog: (text: string) => string }): Failure {
  const { status } = head
  const said = readUpstreamError(status, body)
  const cause = new Error(`upstream answered ${status}: ${context.forLog(said.message)}`)
  const retryAfterMs = parseRetryAfter(head.headers, context.now)
  const retryAfterSeconds = retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1_000))
  const base = { health: 'none', outcome: `status_${status}`, status } as const
  if (status < 400) return { ...base, error: fixed('upstream_error', new Error(`upstream answered ${status}`)), retry: true }
  // A refused credential is the gateway's own: the client's key was accepted, and must not be told otherwise.
  if (status === 401 || status === 403 || status === 402) return { ...base, error: fixed('upstream_error', cause), retry: true }
  if (status === 503 || status === 529) {
    const error = new GatewayError('overloaded', 'The model server is overloaded or still loading', {
      cause,
      retryAfterSeconds: retryAfterSeconds ?? 1,
    })
    return { ...base, error, retry: true }
  }
  if ((status >= 500 && status !== 501) || SERVER_FAULTS.has(status)) {
    return { ...base, error: fixed(status === 504 ? 'upstream_timeout' : 'upstream_error', cause), retry: true }
  }
  return {
    ...base,
    error: new RelayedError(status, said, status === 429 ? (retryAfterSeconds ?? 1) : undefined),
    retry: ASK_ELSEWHERE.has(status),
  }
}

function fixed(code: ErrorCode, cause: Error): GatewayError {
  return new GatewayError(code, FIXED_TEXT, { cause })
}
