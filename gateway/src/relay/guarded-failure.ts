import { applyRules } from '../content/apply-rules.ts'
import { Findings } from '../content/findings.ts'
import type { ContentRule } from '../content/rule.ts'
import { ruleSetOf, type RuleSet } from '../content/rule-set.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { ClientError } from '../errors/openai-error.ts'
import { RelayedError } from '../errors/relayed-error.ts'
import type { Delivered } from './attempt.ts'
import type { Failure } from './failure.ts'

const sets = new WeakMap<readonly ContentRule[], RuleSet | undefined>()

/** The failures of a call, without what rules of either side mask or block in the backend's own words: they are shown to clients, and logged. */
export function guardedFailures(delivered: Delivered, rules: readonly ContentRule[]): Delivered {
  const set = maskingSetOf(rules)
  if (set === undefined) return delivered
  if (delivered.kind !== 'answered') return { ...delivered, failure: guarded(delivered.failure, set) }
  return delivered.broken === undefined ? delivered : { ...delivered, broken: guarded(delivered.broken, set) }
}

/** In a text that only explains, what would block is masked. */
function maskingSetOf(rules: readonly ContentRule[]): RuleSet | undefined {
  if (sets.has(rules)) return sets.get(rules)
  const masking = rules.flatMap((rule): ContentRule[] => (rule.action === 'flag' ? [] : [{ ...rule, action: 'mask', on: ['answer'] }]))
  const set = ruleSetOf(masking, 'answer')
  sets.set(rules, set)
  return set
}

function guarded(failure: Failure, rules: RuleSet): Failure {
  const error = guardedError(failure.error, (text) => applyRules(text, rules, new Findings()))
  return error === failure.error ? failure : { ...failure, error }
}

function guardedError(error: ClientError, mask: (text: string) => string): ClientError {
  if (error instanceof RelayedError) {
    const message = mask(error.message)
    if (message === error.message) return error
    const { status, type, param, code, retryAfterSeconds } = error
    return new RelayedError(status, { message, type, param, code }, retryAfterSeconds)
  }
  const cause = guardedCause(error.cause, mask)
  if (cause === error.cause) return error
  const { code, message, param, retryAfterSeconds, headers } = error
  return new GatewayError(code, message, {
    ...(param === undefined ? {} : { param }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(headers === undefined ? {} : { headers }),
    cause,
  })
}

/** Each may have a cause of its own. */
function guardedCause(cause: unknown, mask: (text: string) => string): unknown {
  if (!(cause instanceof Error)) return cause
  const message = mask(cause.message)
  const inner = guardedCause(cause.cause, mask)
  if (message === cause.message && inner === cause.cause) return cause
  return new Error(message, inner === undefined ? {} : { cause: inner })
}
