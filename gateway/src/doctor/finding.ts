/**
 * `pass`: as it should be · `degraded`: the client got a clean error, or an answer late, where a whole one could be had · `fail`:
 * a cut answer shown as whole, no end, wrong accounts, or something that was not given back.
 */
export type Verdict = 'pass' | 'degraded' | 'fail'

export interface Finding {
  readonly verdict: Verdict
  readonly what: string
  /** What to change in the config, the nearest first. */
  readonly settings?: readonly string[]
}

const ORDER: readonly Verdict[] = ['pass', 'degraded', 'fail']

/** The worst; `pass` of none. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce<Verdict>((worst, verdict) => (ORDER.indexOf(verdict) > ORDER.indexOf(worst) ? verdict : worst), 'pass')
}

/** One finding where something holds, else none. */
export function when(holds: boolean, verdict: Verdict, what: string, settings: readonly string[] = []): readonly Finding[] {
  return holds ? [{ verdict, what, settings }] : []
}
