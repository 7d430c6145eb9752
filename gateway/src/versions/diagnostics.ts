import type { ProblemDetail } from '@jairouter/contract/management/problem'
import { jsonPointer, parseWrittenPath } from '../config/edit/config-path.ts'
import type { ConfigProblem } from '../config/problem.ts'

/** What is wrong with a config, as the management API says it. */
export function toDetail({ path, message, hint, line, column }: ConfigProblem): ProblemDetail {
  return {
    pointer: jsonPointer(parseWrittenPath(path) ?? []),
    code: codeOf(path, message),
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(line === 0 ? {} : { line, column }),
  }
}

function codeOf(path: string, message: string): string {
  if (message === 'unknown key') return 'unknown_key'
  if (message === 'is required') return 'required'
  if (/\b(?:environment variable|stored secret)\b/.test(message)) return 'unresolved'
  return path === '' ? 'invalid_yaml' : 'invalid_value'
}
