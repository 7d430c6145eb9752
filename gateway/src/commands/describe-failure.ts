import { AccountProblem } from '../auth/accounts/account-problem.ts'
import { AccessProblem } from '../auth/collection/access-problem.ts'
import { formatProblem } from '../config/problem.ts'
import { StoreError } from '../store/store-error.ts'
import { DeskProblem } from '../versions/config-desk.ts'
import { NoUsableConfig } from '../versions/open-desk.ts'

/** What somebody who has typed a command is told of its failure; never a stack. `whileHeld`: what to do where a gateway holds the store. */
export function describeFailure(error: unknown, { cwd, whileHeld }: { readonly cwd: string; readonly whileHeld: string }): string {
  if (error instanceof NoUsableConfig)
    return ['the config cannot be used:', ...error.problems.map((problem) => formatProblem(problem, cwd))].join('\n')
  if (error instanceof DeskProblem && error.details.length > 0) {
    const lines = error.details.map(
      ({ pointer, message, line }) => `  ${pointer}${line === undefined ? '' : ` (line ${line})`}: ${message}`,
    )
    return [error.message, ...lines].join('\n')
  }
  if (error instanceof AccessProblem || error instanceof AccountProblem)
    return error.message || (error.details ?? []).map(({ pointer, message }) => `${pointer} ${message}`).join('; ')
  if (error instanceof StoreError && error.kind === 'conflict') return `${error.message} ${whileHeld}`
  if (isIssues(error)) return error.issues.map(({ path, message }) => `${path.map(String).join('.')} ${message}`.trim()).join('; ')
  return error instanceof Error ? error.message : String(error)
}

function isIssues(
  error: unknown,
): error is { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] } {
  return error instanceof Error && 'issues' in error && Array.isArray(error.issues)
}
