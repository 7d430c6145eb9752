import type { KeyRecord } from '../config/snapshot.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Budget } from './budget.ts'
import type { PricedUsage } from './price.ts'

/** A request as far as budgets are concerned. */
export interface BudgetAsk {
  readonly key: KeyRecord | undefined
  /** Public name. */
  readonly model: string
  /** `model`: only budgets of the model, for a request that draws on the others already. */
  readonly share: 'all' | 'model'
  readonly promptTokens: () => number
  /** The most that the client lets the answer have. */
  readonly declaredTokens: number | undefined
  /** Of an answer that it does not bound; nobody is refused for this guess of ours. */
  readonly guessedTokens: number
}

/** How it ended. */
export interface BudgetOutcome {
  /** Something was sent to a backend, or was answered without one. */
  readonly sent: boolean
  /** Undefined: nobody knows, and the estimate stands. */
  readonly usage: (PricedUsage & { readonly totalTokens: number }) | undefined
  /** What there is a price for, also where nobody knows the tokens; undefined: `usage` alone. */
  readonly paid?: PricedUsage | undefined
  /** Calls whose answers had begun and were of no use: they cost money, and are no tokens of the answer. */
  readonly wasted?: readonly WastedCall[] | undefined
}

export interface WastedCall {
  /** Public name. */
  readonly model: string
  readonly usage?: PricedUsage | undefined
}

/** What a request has reserved of all budgets that it draws on. */
export interface BudgetCharge {
  /** Fulfilled when the reservation would outlive a crash, or the store was too slow for it; undefined: it does already. */
  readonly safe: Promise<void> | undefined
  answeredBy(model: string): void
  /** The first call counts. */
  settle(outcome: BudgetOutcome): void
}

export interface BudgetUse {
  readonly id: string
  /** Of the amount; above 1 where requests cost more than they reserved. */
  readonly share: number
  /** Requests that it refused since the start. */
  readonly refusals: number
}

/** How a budget stands to a request. */
export interface BudgetStanding {
  readonly budget: Budget
  /** In its smallest parts, as the budget's amount is. */
  readonly wouldTake: number
  readonly left: number
  /** Epoch milliseconds at which the period ends. */
  readonly endsAt: number
  readonly passes: boolean
}

/** What `reserve` would do: of all that the request draws on, and the error that it would throw. */
export interface BudgetLook {
  readonly standings: readonly BudgetStanding[]
  readonly refusal: GatewayError | undefined
}

export interface BudgetPort {
  /** False: there is no budget that anybody draws on. */
  readonly active: boolean
  /** Takes from all that the request draws on, or throws 429 and takes from none. Undefined where it draws on none. */
  reserve(ask: BudgetAsk): BudgetCharge | undefined
  /** Takes nothing, and leaves everything as it is. */
  look(ask: BudgetAsk): BudgetLook
  /** For metrics. */
  uses(): Iterable<BudgetUse>
}
