import { CodecFailure, CodecMismatch, CodecRefusal } from '../adapters/codecs/codec.ts'
import type { ErrorCode } from '../errors/error-table.ts'
import { GatewayError, toGatewayError } from '../errors/gateway-error.ts'
import type { ClientError } from '../errors/openai-error.ts'
import { RelayedError } from '../errors/relayed-error.ts'
import type { UpstreamErrorBody } from '../errors/upstream-error-body.ts'
import { isContentFilter } from '../fallback/refusal.ts'
import { parseRetryAfter } from '../lib/retry-after.ts'
import type { UpstreamHead } from '../upstream/port.ts'
import { UpstreamFault, type FaultKind } from '../upstream/upstream-fault.ts'
import { HedgeLost } from '../errors/hedge-lost.ts'
import { ClientGone } from '../errors/client-gone.ts'
import { TimeLimitReached, toTimeoutError } from './time-limits.ts'

/** How an attempt failed, and what follows from it. */
export interface Failure {
  /** What the client is told if this was the last attempt. */
  readonly error: ClientError
  /** Another instance may do better. */
  readonly retry: boolean
  /** So may the same one, when there is no other. */
  readonly again: boolean
  /** Provably nothing of the request had left: to ask again can't do the work twice, nor add to an overload. */
  readonly unsent: boolean
  /** Counts against the instance in its breaker. */
  readonly counts: boolean
  /** What the instance asked for: to be left alone (`hintMs`: for how long, if it said), or another credential. */
  readonly asks?: { readonly kind: 'pause'; readonly hintMs: number | undefined } | { readonly kind: 'credential' }
  /** What it says of the backend: `refused` takes it out at once, `failed` counts. */
  readonly health: 'refused' | 'failed' | 'none'
  /** Label in metrics and log. */
  readonly outcome: string
  readonly status?: number
  /** In the upstream's own words. */
  readonly said?: UpstreamErrorBody
}

const UNREACHABLE: ReadonlySet<FaultKind> = new Set(['dns', 'tls', 'unreachable', 'refused', 'address_not_allowed'])
/** No verdict on the request: this instance lacks the model, has a conflict or a full queue, or was not started for the task. */
const ASK_ELSEWHERE: ReadonlySet<number> = new Set([404, 409, 429, 501])
/** Faults of the server in a client's clothes: a timeout, and the engines of TEI, TGI and Groq (backends.md 21.8). */
const SERVER_FAULTS: ReadonlySet<number> = new Set([408, 424, 425, 498])
/** Says nothing of the instance, and nobody else is asked. */
const OURS = { retry: false, again: false, unsent: false, counts: false, health: 'none' } as const
/** What a refusal is told with where the upstream's own status would say something else. */
const REFUSED = 400
/** The outcome of a call that an instance's wire format has no words for. */
export const UNSAYABLE = 'unsayable'
/** As long as a refused credential is left alone. */
const POOR_MS = 60_000
/** OpenAI's and Moonshot's words for an account that has used up what it may spend. */
const QUOTA_CODES: ReadonlySet<string> = new Set(['insufficient_quota', 'exceeded_current_quota_error'])
const FIXED_TEXT = 'The model server failed; details are in the gateway log under the request id'

/** Anything thrown during an attempt -> what follows from it. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ClientGone) {
    return {
      ...OURS,
      error: new GatewayError('client_closed', 'The client closed the connection', { cause: error }),
      outcome: 'client_closed',
    }
  }
  if (error instanceof HedgeLost)
    return {
      ...OURS,
      error: new GatewayError('upstream_error', 'Another instance answered first', { cause: error }),
      outcome: 'hedge_lost',
    }
  if (error instanceof TimeLimitReached) {
    const base = { ...OURS, error: toTimeoutError(error), outcome: `timeout_${error.limit}` }
    // To wait for the same one a second time would only double the silence that the client sees.
    return error.limit === 'total' ? base : { ...base, retry: true, counts: true, unsent: error.limit === 'connect', health: 'failed' }
  }
  if (error instanceof UpstreamFault) {
    const code: ErrorCode = error.kind === 'protocol' ? 'upstream_protocol_error' : 'upstream_error'
    const health = error.kind === 'refused' ? 'refused' : 'failed'
    return {
      error: new GatewayError(code, UNREACHABLE.has(error.kind) ? 'The model server could not be reached' : FIXED_TEXT, { cause: error }),
      retry: true,
      again: true,
      unsent: error.unsent,
      counts: true,
      health,
      outcome: error.kind,
    }
  }
  // Its format can't say what the client asks for; another instance's may, and nobody was asked.
  if (error instanceof CodecRefusal) {
    const refusal = new GatewayError('invalid_field', error.message, { param: error.param, cause: error })
    return { ...OURS, error: refusal, retry: true, unsent: true, outcome: UNSAYABLE }
  }
  if (error instanceof CodecMismatch) return protocolFailure(error.message)
  if (error instanceof CodecFailure)
    return failureInside(error.error, { where: `an error inside of a 200: ${error.error.type ?? 'of no type'}` })
  // The client's dialect has no words for what came.
  if (error instanceof GatewayError && error.code === 'upstream_protocol_error') return { ...protocolFailure(error.message), error }
  // Our own refusals while an answer was under way, such as an upload that turned out to be too large.
  if (error instanceof GatewayError) return { ...OURS, error, outcome: error.code }
  return { ...OURS, error: toGatewayError(error), outcome: 'internal_error' }
}

/** An answer that is no answer: HTML with 200, broken JSON, an error inside of a 200. */
export function protocolFailure(why: string): Failure {
  return {
    error: new GatewayError('upstream_protocol_error', 'The model server gave an answer that makes no sense', { cause: new Error(why) }),
    retry: true,
    again: true,
    unsent: false,
    counts: true,
    health: 'none',
    outcome: 'upstream_protocol_error',
  }
}

export interface InsideContext {
  /** For the log: where it was found, and what it said. */
  readonly where: string
  /** The adapter's: codes that mean a status. */
  readonly codeAs?: Readonly<Record<string, number>>
}

/**
 * An error in the body or the stream of a 200. A refusal by a content filter is an answer: another instance might
 * give in, and that would be to route around it.
 */
export function failureInside(said: UpstreamErrorBody, { where, codeAs = {} }: InsideContext): Failure {
  const failure = protocolFailure(where)
  if (isContentFilter(said, undefined))
    return {
      ...failure,
      error: new RelayedError(REFUSED, said),
      retry: false,
      again: false,
      counts: false,
      outcome: 'content_filter',
      said,
    }
  const status = statusOfCode(said, codeAs)
  if (status === undefined) return { ...failure, said }
  return failureOfStatus({ status, headers: {} }, said, { statusAs: {}, codeAs: {}, now: 0, forLog: () => where })
}

function statusOfCode({ code }: UpstreamErrorBody, codeAs: Readonly<Record<string, number>>): number | undefined {
  // A code is the backend's own text: `constructor` is none of the table's.
  return code !== undefined && Object.hasOwn(codeAs, code) ? codeAs[code] : undefined
}

export interface StatusContext {
  /** The adapter's: what some statuses mean to this server. */
  readonly statusAs: Readonly<Record<string, number>>
  /** The adapter's: what some codes in the body mean, whatever the status. */
  readonly codeAs: Readonly<Record<string, number>>
  /** Epoch milliseconds, for `Retry-After` dates. */
  readonly now: number
  /** Takes out of the backend's text what must not reach a log. */
  readonly forLog: (text: string) => string
}

/** An answer with another status than 2xx (backends.md 21.8); `said` is what its body says. */
export function failureOfStatus(head: UpstreamHead, said: UpstreamErrorBody, context: StatusContext): Failure {
  // Gemini refuses a key with 400.
  const status =
    statusOfCode(said, context.codeAs) ??
    context.statusAs[String(head.status)] ??
    (head.status === 400 && said.code === 'invalid_api_key' ? 401 : head.status)
  const cause = new Error(`upstream answered ${status}: ${context.forLog(said.message)}`)
  const retryAfterMs = parseRetryAfter(head.headers, context.now) ?? said.retryAfterMs
  const retryAfterSeconds = retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1_000))
  const base = { health: 'none', outcome: `status_${status}`, status, said, unsent: false, counts: false, again: false } as const
  const pause = { kind: 'pause', hintMs: retryAfterMs } as const
  if (status < 400) return { ...base, error: fixed('upstream_error', new Error(`upstream answered ${status}`)), retry: true, counts: true }
  if (isContentFilter(said, status)) return { ...base, error: new RelayedError(status === 403 ? REFUSED : status, said), retry: false }
  // A refused credential is the gateway's own: the client's key was accepted, and must not be told otherwise.
  if (status === 401) return { ...base, error: fixed('upstream_error', cause), retry: true, asks: { kind: 'credential' } }
  if (status === 403) return { ...base, error: fixed('upstream_error', cause), retry: true }
  // An empty account stays so for a while: only one with another key can help.
  const poor = { kind: 'pause', hintMs: retryAfterMs ?? POOR_MS } as const
  if (status === 402) return { ...base, error: fixed('upstream_error', cause), retry: true, asks: poor }
  if (status === 429 && isQuota(said))
    return { ...base, error: new RelayedError(status, said, retryAfterSeconds ?? 1), retry: true, asks: poor }
  if (status === 503 || status === 529) {
    const error = new GatewayError('overloaded', 'The model server is overloaded or still loading', {
      cause,
      retryAfterSeconds: retryAfterSeconds ?? 1,
    })
    const again = { ...base, error, retry: true, again: true }
    return retryAfterMs === undefined ? { ...again, counts: true } : { ...again, asks: pause }
  }
  if ((status >= 500 && status !== 501) || SERVER_FAULTS.has(status)) {
    return { ...base, error: fixed(status === 504 ? 'upstream_timeout' : 'upstream_error', cause), retry: true, again: true, counts: true }
  }
  return {
    ...base,
    error: new RelayedError(status, said, status === 429 ? (retryAfterSeconds ?? 1) : undefined),
    retry: ASK_ELSEWHERE.has(status),
    ...(status === 429 ? { again: true, asks: pause } : {}),
  }
}

function isQuota({ code, type }: UpstreamErrorBody): boolean {
  return QUOTA_CODES.has(code ?? '') || QUOTA_CODES.has(type ?? '')
}

function fixed(code: ErrorCode, cause: Error): GatewayError {
  return new GatewayError(code, FIXED_TEXT, { cause })
}
