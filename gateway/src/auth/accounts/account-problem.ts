import type { ProblemCode, ProblemDetail } from '@jairouter/contract/management/problem'

/** A refusal by accounts, passwords or sessions; its texts may be shown. */
export class AccountProblem extends Error {
  readonly code: ProblemCode
  readonly details: readonly ProblemDetail[] | undefined
  /** Seconds after which it is worth another try. */
  readonly retryAfter: number | undefined

  constructor(
    code: ProblemCode,
    message: string,
    options: { readonly details?: readonly ProblemDetail[]; readonly retryAfter?: number; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'AccountProblem'
    this.code = code
    this.details = options.details
    this.retryAfter = options.retryAfter
  }
}

/** One field of what was sent is wrong. */
export function fieldProblem(pointer: string, code: string, message: string): AccountProblem {
  return new AccountProblem('invalid_request', message, { details: [{ pointer, code, message }] })
}
