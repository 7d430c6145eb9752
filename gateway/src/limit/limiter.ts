/** Rates are units per millisecond. A unit is a request or a token, as the rule counts. */
export type LimitSettings =
  | { readonly algorithm: 'token-bucket'; readonly perMs: number; readonly burst: number }
  | { readonly algorithm: 'leaky-bucket'; readonly perMs: number; readonly queue: number }
  | { readonly algorithm: 'sliding-window'; readonly limit: number; readonly windowMs: number }
  | { readonly algorithm: 'warm-up'; readonly perMs: number; readonly warmUpMs: number; readonly coldFactor: number }
  | { readonly algorithm: 'concurrency'; readonly limit: number }

export type SettingsOf<A extends LimitSettings['algorithm']> = Extract<LimitSettings, { readonly algorithm: A }>

/** `waitMs` > 0 only for leaky-bucket with a queue: admitted, but to be sent that much later. */
export type Verdict =
  | { readonly kind: 'pass'; readonly waitMs: number }
  /** Infinity: can never pass, its cost is above the capacity. Otherwise the earliest time at which it would, if nothing else came. */
  | { readonly kind: 'deny'; readonly retryAfterMs: number }

/** What x-ratelimit-* headers say: whole units; ms until full again. */
export interface Level {
  readonly limit: number
  readonly remaining: number
  readonly resetMs: number
}

/**
 * A limiter decides; it owns no clock and no storage. `state` is its memory: `size` numbers, zero when new. `now` is
 * monotonic milliseconds; where it steps back nonetheless, the level stays what it was and time is counted from there:
 * no capacity is won, and nobody waits until the clock has caught up. A cost of 0 always passes and changes nothing.
 */
export interface Limiter {
  readonly size: number
  /** Changes no level. Writes only where the clock has stepped back, for without a note of that the block would never end. */
  check(state: Float64Array, cost: number, now: number): Verdict
  /** Only after `check` passed in the same tick. */
  take(state: Float64Array, cost: number, now: number): void
  /**
   * Settles: amount > 0 gives back, never to more than full; amount < 0 charges more, if need be below what is allowed:
   * checks deny until it is paid. `takenAt` is the `now` of the take.
   */
  give(state: Float64Array, amount: number, times: { readonly takenAt: number; readonly now: number }): void
  /** Called once when the request ends. Does nothing but for `concurrency`. */
  release(state: Float64Array, cost: number): void
  /** Something was taken that is yet to be released; only where that matters. */
  holds?(state: Float64Array): boolean
  level(state: Float64Array, now: number): Level
}

/**
 * Units. After a wait of exactly `retryAfterMs` rounding may leave a trace of what had to be paid; without tolerance the
 * caller would come back too early for ever. It is forgiven only for the verdict, never in the state, and so never adds up.
 */
export const TOLERANCE = 1e-6

export const PASS: Verdict = Object.freeze({ kind: 'pass', waitMs: 0 })
export const NEVER: Verdict = Object.freeze({ kind: 'deny', retryAfterMs: Infinity })

/** How many whole units fit into `units`: as many as a check would let pass. */
export function wholeUnits(units: number): number {
  return Math.max(0, Math.floor(units + TOLERANCE))
}
