import type { FallbackCause } from '../fallback/conditions.ts'
import { stepApplies } from '../fallback/conditions.ts'
import type { Policy, Timeouts } from '../config/snapshot.ts'

/** What is known of a model before any request: what holds for it, and how many servers it has. */
export interface Means {
  readonly policy: Policy
  readonly instances: number
}

/** A setting to change, in a few words; undefined where it is as it should be. */
export type Advice = (means: Means, id: string) => string | undefined

/** The advices that are to the point. */
export function adviceOf(advices: readonly Advice[], means: Means, id: string): readonly string[] {
  return advices.flatMap((advice) => advice(means, id) ?? [])
}

export const moreAttempts: Advice = ({ policy }, id) =>
  policy.retry.attempts < 2 ? `retry.attempts is ${policy.retry.attempts}: ${id} wants 2 or more` : undefined

/** For what the same server cannot mend. */
export function somebodyElse(cause: FallbackCause): Advice {
  return (means, id) => {
    if (hasFallbackModel(means.policy, cause)) return undefined
    if (means.instances > 1) return moreAttempts(means, id)
    return `fallback has no model: ${id} wants a second server, or another model to fall back to`
  }
}

export const resumeOn: Advice = ({ policy }, id) => (resumes(policy) ? undefined : `retry.resume is off: ${id} wants it on`)

export const breakerOn: Advice = ({ policy }, id) => (policy.breaker.enabled ? undefined : `breaker.enabled is false: ${id} wants it on`)

export function patience(leastMs: number): Advice {
  return ({ policy, instances }, id) =>
    instances > 1 || policy.retry.maxWaitMs >= leastMs
      ? undefined
      : `retry.maxWait is ${inWords(policy.retry.maxWaitMs)}: ${id} wants ${inWords(leastMs)} or more`
}

export function shorterLimit(limit: keyof Timeouts, belowMs: number): Advice {
  return ({ policy }, id) =>
    policy.timeouts[limit] < belowMs
      ? undefined
      : `timeouts.${limit} is ${inWords(policy.timeouts[limit])}: ${id} wants less than ${inWords(belowMs)}`
}

/** Whether another model is asked after such a failure. */
export function hasFallbackModel({ fallback }: Policy, cause: FallbackCause): boolean {
  return fallback.some((step) => step.kind === 'model' && stepApplies(step.on, cause))
}

function resumes({ retry }: Policy): boolean {
  return 'resume' in retry && retry.resume === true
}

/** `1500ms`, `60s`, `5m`: as a config file has it, in seconds up to two minutes. */
export function inWords(milliseconds: number): string {
  if (milliseconds % 1_000 !== 0) return `${milliseconds}ms`
  return milliseconds < 120_000 || milliseconds % 60_000 !== 0 ? `${milliseconds / 1_000}s` : `${milliseconds / 60_000}m`
}
