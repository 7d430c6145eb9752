/**
 * How much service each flow has had lately, in tokens that lose half their worth every minute.
 *
 * Nothing is ever decayed in place. All flows decay alike, so the order among them does not change while time passes:
 * a charge is instead worth more the later it comes (forward decay), and what is kept is the logarithm of the sum, which
 * no up-time can make overflow. log2(tokens) at time t is `logService - t / half-life`.
 */

const HALF_LIFE_MS = 60_000

/** Accounts that are kept: with a flow for each client address, anybody could fill the memory otherwise. */
const ACCOUNT_CAP = 10_000

/** Each charge looks at so many of those idle longest: more than it can add, so what has decayed goes without a sweep. */
const PRUNED_AT_ONCE = 2

const NOTHING = -Infinity

export interface Account {
  readonly flow: string
  /** log2 of the tokens as they would count at time 0. */
  logService: number
  /** How many places hold it: the bands in which the flow waits. */
  holders: number
}

/**
 * The accounts of all flows. One that is held is always kept (what waits is bounded elsewhere); of the idle ones those
 * go that have less than one token left, and, where there would be more than 10,000 in all, those idle longest. To be
 * forgotten does a flow little good: it begins again at the least of those that wait.
 */
export class AttainedService {
  readonly #held = new Map<string, Account>()
  /** Idle longest first. */
  readonly #idle = new Map<string, Account>()

  /** Accounts that are kept. */
  get size(): number {
    return this.#held.size + this.#idle.size
  }

  /** The flow begins to wait somewhere; each hold is ended by one `release`. */
  hold(flow: string): Account {
    const account = this.#accountOf(flow) ?? { flow, logService: NOTHING, holders: 0 }
    this.#idle.delete(flow)
    account.holders += 1
    this.#held.set(flow, account)
    return account
  }

  release(account: Account): void {
    account.holders -= 1
    if (account.holders > 0) return
    this.#held.delete(account.flow)
    if (account.logService > NOTHING) this.#keepIdle(account)
  }

  /** Fewer than 0 tokens give back what an estimate charged too much; never below nothing. `now`: monotonic milliseconds. */
  charge(flow: string, tokens: number, now: number): void {
    this.#prune(now)
    const account = this.#accountOf(flow) ?? { flow, logService: NOTHING, holders: 0 }
    account.logService = logOfSum(account.logService, tokens, now / HALF_LIFE_MS)
    if (account.holders > 0) return
    this.#idle.delete(flow)
    if (account.logService > NOTHING) this.#keepIdle(account)
  }

  /** The level of a flow that may be idle or unknown. */
  levelOf(flow: string, weight: number): number {
    const account = this.#accountOf(flow)
    return account === undefined ? NOTHING : levelOf(account, weight)
  }

  #accountOf(flow: string): Account | undefined {
    return this.#held.get(flow) ?? this.#idle.get(flow)
  }

  #keepIdle(account: Account): void {
    this.#idle.set(account.flow, account)
    if (this.size <= ACCOUNT_CAP) return
    for (const flow of this.#idle.keys()) {
      this.#idle.delete(flow)
      return
    }
  }

  #prune(now: number): void {
    let looked = 0
    for (const [flow, { logService }] of this.#idle) {
      if (looked === PRUNED_AT_ONCE) return
      looked += 1
      if (logService < now / HALF_LIFE_MS) this.#idle.delete(flow)
    }
  }
}

/** What flows are compared by: log2 of the service for each unit of weight; the lower one goes first. -Infinity: none yet. */
export function levelOf(account: Account, weight: number): number {
  return account.logService - Math.log2(weight)
}

/**
 * Brings an account up to a level that others have, so that nobody saves up service by being idle; a higher one stays
 * (the lift of a virtual token counter).
 */
export function liftTo(account: Account, level: number, weight: number): void {
  account.logService = Math.max(account.logService, level + Math.log2(weight))
}

/** log2(2^log + tokens * 2^exponent), without ever having those powers. */
function logOfSum(log: number, tokens: number, exponent: number): number {
  if (tokens === 0) return log
  const change = Math.log2(Math.abs(tokens)) + exponent
  if (tokens < 0) return log + Math.log2(Math.max(0, 1 - 2 ** (change - log)))
  const greater = Math.max(log, change)
  return greater + Math.log2(1 + 2 ** (Math.min(log, change) - greater))
}
