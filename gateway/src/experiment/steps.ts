import type { ExperimentSteps } from './plan.ts'

/** What was measured of some requests. */
export interface Measured {
  readonly requests: number
  /** Answered with a 5xx, or broken off. */
  readonly errors: number
  /** Milliseconds; undefined where there were none. */
  readonly p95Ms: number | undefined
}

export interface StepInput {
  readonly steps: ExperimentSteps
  /** Since the step began. */
  readonly group: Measured
  readonly others: Measured
  /** When the step began, and now; epoch milliseconds. */
  readonly since: number
  readonly now: number
}

export type Step =
  | { readonly kind: 'wait' }
  | { readonly kind: 'up'; readonly share: number }
  /** `reason`: one of the table in the contract. */
  | { readonly kind: 'back'; readonly reason: 'error-rate' | 'latency' }
  /** It has all shares behind it, or was taken out. */
  | { readonly kind: 'done' }

/** What becomes of a group that is to grow: taken out at the first sign of harm, a step up once the time and the requests are there. */
export function decideStep({ steps, group, others, since, now }: StepInput): Step {
  const { at, shares, everyMs, minimum, maxErrorRate, maxLatencyRatio } = steps
  if (at === 0) return { kind: 'done' }
  if (group.requests >= minimum) {
    if (group.errors / group.requests > maxErrorRate) return { kind: 'back', reason: 'error-rate' }
    const tooSlow = maxLatencyRatio !== undefined && group.p95Ms !== undefined && others.requests >= minimum && others.p95Ms !== undefined
    if (tooSlow && (group.p95Ms ?? 0) > (others.p95Ms ?? 0) * maxLatencyRatio) return { kind: 'back', reason: 'latency' }
  }
  const next = shares.find((share) => share > at)
  if (next === undefined) return { kind: 'done' }
  return group.requests >= minimum && now - since >= everyMs ? { kind: 'up', share: next } : { kind: 'wait' }
}
