import { AccountProblem } from '../auth/accounts/account-problem.ts'
import { AdminProblem, type AnyRoute } from './route.ts'

/** What accounts refuse, as the management API refuses it. */
function toAdminProblem(error: unknown): unknown {
  if (!(error instanceof AccountProblem)) return error
  const { code, message, details, retryAfter, cause } = error
  return new AdminProblem(code, message, {
    ...(details === undefined ? {} : { details }),
    ...(retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) }, params: { retryAfter } }),
    ...(cause === undefined ? {} : { cause }),
  })
}

export function answeringProblems(route: AnyRoute): AnyRoute {
  return {
    ...route,
    async handle(request) {
      try {
        return await route.handle(request)
      } catch (error) {
        throw toAdminProblem(error)
      }
    },
  }
}
