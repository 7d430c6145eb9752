import { PROBLEMS, type Problem, type ProblemCode } from '@jairouter/contract/management/problem'
import { withoutCredentials } from '../auth/without-credentials.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { StoreError } from '../store/store-error.ts'
import { DeskProblem } from '../versions/config-desk.ts'
import { AdminProblem } from './route.ts'

export interface ProblemAnswer {
  readonly problem: Problem
  readonly headers: Readonly<Record<string, string>>
  /** What nobody expected: for the log. */
  readonly unexpected?: unknown
}

export const PROBLEM_TYPE = 'application/problem+json'

/**
 * Whatever was thrown -> a problem (RFC 9457) without anything that only the log may know. `conditional`: the request had
 * If-Match, so that what was changed in the meantime is what it asked about.
 */
export function problemAnswer(error: unknown, requestId: string, conditional = false): ProblemAnswer {
  const known = toAdminProblem(error, conditional)
  const { status, title } = PROBLEMS[known.code]
  const { params, details, message } = known
  const problem: Problem = {
    type: `urn:jairouter:problem:${known.code}`,
    title,
    status,
    code: known.code,
    ...(message === '' || message === title ? {} : { detail: withoutCredentials(message) }),
    instance: requestId,
    ...(params === undefined ? {} : { params: { ...params } }),
    ...(details === undefined || details.length === 0 ? {} : { errors: [...details] }),
  }
  const headers = { ...HEADERS[known.code], ...known.headers }
  return { problem, headers, ...(EXPECTED.has(known.code) && known.cause === undefined ? {} : { unexpected: known.cause ?? error }) }
}

const HEADERS: Readonly<Partial<Record<ProblemCode, Readonly<Record<string, string>>>>> = {
  not_signed_in: { 'www-authenticate': 'Bearer' },
  session_ended: { 'www-authenticate': 'Bearer error="invalid_token"' },
  store_unavailable: { 'retry-after': '5' },
}

/** All others are the gateway's own fault, or a fault of something that it needs. */
const EXPECTED: ReadonlySet<string> = new Set(Object.keys(PROBLEMS).filter((code) => code !== 'internal_error'))

function toAdminProblem(error: unknown, conditional: boolean): AdminProblem {
  if (error instanceof AdminProblem) return error
  if (error instanceof DeskProblem) {
    const code = error.code === 'conflict' && conditional ? 'precondition_failed' : error.code
    return new AdminProblem(code, error.message, { details: error.details })
  }
  if (error instanceof StoreError) return storeProblem(error, conditional)
  if (error instanceof GatewayError && error.status < 500) return gatewayProblem(error)
  const status = statusOf(error)
  if (status === 415) return new AdminProblem('unsupported_media_type', 'The header "content-type" is not valid')
  if (status !== undefined && status >= 400 && status < 500) return new AdminProblem('invalid_request', 'The request can’t be read')
  return new AdminProblem('internal_error', '', { cause: error })
}

function storeProblem(error: StoreError, conditional: boolean): AdminProblem {
  if (error.kind === 'conflict') return new AdminProblem(conditional ? 'precondition_failed' : 'conflict', error.message)
  if (error.kind === 'full') return new AdminProblem('store_full', error.message, { cause: error })
  return new AdminProblem('store_unavailable', error.message, { cause: error })
}

/** What the server refuses before it looks for a route. */
function gatewayProblem(error: GatewayError): AdminProblem {
  return new AdminProblem(error.status === 404 ? 'not_found' : 'invalid_request', error.message)
}

/** Of an error of the framework. */
function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' ? status : undefined
}
