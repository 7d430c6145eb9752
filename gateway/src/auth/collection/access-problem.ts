import type { ProblemCode, ProblemDetail } from '@jairouter/contract/management/problem'

/** A change of keys, teams, budgets or blocks that cannot be made; `code` is one of the table of problems. */
export class AccessProblem extends Error {
  readonly code: ProblemCode
  readonly details: readonly ProblemDetail[]

  constructor(code: ProblemCode, message: string, details: readonly ProblemDetail[] = []) {
    super(message)
    this.name = 'AccessProblem'
    this.code = code
    this.details = details
  }
}

/** One field is at fault. */
export function fieldProblem(field: string, message: string): AccessProblem {
  return new AccessProblem('invalid_request', `${field} ${message}`, [{ pointer: `/${field}`, code: 'invalid', message }])
}
