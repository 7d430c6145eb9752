import type { Level, Limiter } from './limiter.ts'

/** What a request wants of one limit. No two claims of a request may have the same `state`. */
export interface Claim {
  readonly limiter: Limiter
  readonly state: Float64Array
  readonly cost: number
}

export type Admission<C extends Claim> =
  /** Milliseconds to wait before it is sent: the longest that any limit asks for. */
  { readonly kind: 'pass'; readonly waitMs: number } | Denial<C>

/** The claim that can pass last of all, the first of equals; before that time it makes no sense to come back. */
export interface Denial<C extends Claim> {
  readonly kind: 'deny'
  readonly claim: C
  readonly retryAfterMs: number
}

/** Whether all would pass. Takes nothing; `takeAll` in the same tick does, so that it is all or none. */
export function checkAll<C extends Claim>(claims: readonly C[], now: number): Admission<C> {
  let waitMs = 0
  let denied: Denial<C> | undefined
  for (const claim of claims) {
    const verdict = claim.limiter.check(claim.state, claim.cost, now)
    if (verdict.kind === 'pass') waitMs = Math.max(waitMs, verdict.waitMs)
    else if (denied === undefined || verdict.retryAfterMs > denied.retryAfterMs) denied = { ...verdict, claim }
  }
  return denied ?? { kind: 'pass', waitMs }
}

export function takeAll(claims: readonly Claim[], now: number): void {
  for (const { limiter, state, cost } of claims) limiter.take(state, cost, now)
}

/** The claim whose limit has the smallest share left, the first of equals; undefined where nothing is limited. */
export function tightest<C extends Claim>(claims: readonly C[], now: number): (Level & { readonly claim: C }) | undefined {
  let found: (Level & { readonly claim: C }) | undefined
  let smallest = Infinity
  for (const claim of claims) {
    const level = claim.limiter.level(claim.state, now)
    // A limit of 0 has nothing left, and no share either.
    const share = level.limit > 0 ? level.remaining / level.limit : 0
    if (share >= smallest) continue
    smallest = share
    found = { ...level, claim }
  }
  return found
}
