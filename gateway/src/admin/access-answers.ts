import { AccessProblem } from '../auth/collection/access-problem.ts'
import type { ChangeTerms } from '../auth/collection/change-request.ts'
import { AdminProblem, type AdminRequest } from './route.ts'

/** A refusal of who keeps keys, teams, budgets and blocks, in the words of the management API. */
export async function answering<Answer>(task: () => Answer | Promise<Answer>): Promise<Answer> {
  try {
    return await task()
  } catch (error) {
    if (error instanceof AccessProblem) throw new AdminProblem(error.code, error.message, { details: error.details })
    throw error
  }
}

export function termsOf({ origin, ifMatch, dryRun }: Pick<AdminRequest, 'origin' | 'ifMatch' | 'dryRun'>): ChangeTerms {
  return { origin, ifMatch, dryRun }
}
