import { depositRequest, isOutage, noteCall, RETRY_BUDGET_SIZE, takeRetry } from '../limit/retry-budget.ts'
import type { RetryPolicy, Route } from '../config/snapshot.ts'
import type { StateTable } from '../lib/state-table.ts'
import type { Failure } from './failure.ts'
import type { NoPlan } from './plan.ts'
import { stateName } from './route-states.ts'

/** Behind the budget's own numbers: requests of the route that are being answered, and those that are in a retry. */
const ACTIVE = RETRY_BUDGET_SIZE
const RETRYING = RETRY_BUDGET_SIZE + 1

/** How much one request may retry, out of the budget that it shares with all others of its route. */
export class Retries {
  readonly #state: Float64Array
  readonly #policy: RetryPolicy
  #retrying = false

  constructor(table: StateTable, route: Route) {
    this.#state = table.vector(stateName.retries(route), RETRY_BUDGET_SIZE + 2)
    this.#policy = route.policy.retry
    depositRequest(this.#state, this.#policy.budget)
    this.#add(ACTIVE, 1)
  }

  /** How a call ended. One that says nothing of the instance is left out. */
  note(failure: Failure | undefined): void {
    if (failure === undefined) noteCall(this.#state, true)
    else if (failure.counts) noteCall(this.#state, false)
  }

  /** Whether another call may follow one that failed so; takes it out of the budget. */
  allow({ unsent }: Failure, { attempts, now }: { readonly attempts: number; readonly now: number }): boolean {
    if (attempts >= this.#policy.attempts) return false
    if (unsent) return true
    const retrying = this.#read(RETRYING) - (this.#retrying ? 1 : 0)
    if (!takeRetry(this.#state, { active: this.#read(ACTIVE), retrying, now })) return false
    if (!this.#retrying) this.#add(RETRYING, 1)
    this.#retrying = true
    return true
  }

  /**
   * Whether it is worth to ask the budget a second time, a moment later: the first failures of a new route may all be
   * those of one instance that fails at once, and what others are about to answer earns the retry.
   */
  mayBeEarned(attempts: number): boolean {
    return attempts < this.#policy.attempts && !isOutage(this.#state, this.#read(ACTIVE))
  }

  /** The request was answered. */
  close(): void {
    this.#add(ACTIVE, -1)
    if (this.#retrying) this.#add(RETRYING, -1)
    this.#retrying = false
  }

  #read(field: number): number {
    return this.#state[field] ?? 0
  }

  #add(field: number, count: 1 | -1): void {
    this.#state[field] = this.#read(field) + count
  }
}

/** How long a retry that the budget refused waits for being earned. */
export const EARNING_MS = 50
const FIRST_BACK_OFF_MS = 25
const LONGEST_BACK_OFF_MS = 250

/**
 * How long to wait before anything can be asked again; undefined when that is not worth it. What wants to be left alone
 * is, as long as that takes no longer than `patienceMs`; where only the same instance is left, a back-off with full jitter.
 * At an outage nobody waits: what has failed in every call for a while has not changed a moment later.
 */
export function waitBefore(
  plan: NoPlan,
  context: {
    readonly patienceMs: number
    readonly last: Failure | undefined
    readonly attempts: number
    readonly now: number
    readonly random: () => number
  },
): number | undefined {
  const { patienceMs, last, attempts, now, random } = context
  if (plan.kind === 'paused') {
    const waitMs = Math.max(0, plan.until - now)
    return waitMs <= patienceMs ? waitMs : undefined
  }
  if (plan.kind !== 'exhausted' || plan.hopeless || last?.again !== true) return undefined
  return random() * Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** attempts)
}

/** Resolves after `milliseconds`, or at once when the signal is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener('abort', done, { once: true })
  })
}
