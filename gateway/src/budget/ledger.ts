import type { Prices } from '@jairouter/contract/prices'
import { canTake, claimed, claimOf, counterRead, exactClaimOf, hasOpen, isCovered, leftOf, settle, spentOf, take } from './account.ts'
import type { Budget } from './budget.ts'
import type { BudgetAsk, BudgetLook, BudgetOutcome } from './budget-port.ts'
import { Draws, type Team } from './draws.ts'
import { OpenAccount } from './open-account.ts'
import { periodAt } from './period.ts'
import { priceOf } from './price.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import { quotaRefusal } from './refusal.ts'

export interface LedgerOptions {
  readonly prices: () => Prices
  /** A threshold was reached: once for each, and period. */
  readonly onWarning?: ((budget: Budget, share: number) => void) | undefined
}

interface Entry {
  readonly account: OpenAccount
  readonly reserved: number
}

/** What one request has taken. */
export interface Reservation {
  readonly entries: readonly Entry[]
  readonly model: string
}

/** Something to add to a counter. */
export interface Claim {
  readonly account: OpenAccount
  readonly amount: number
}

/** All budgets with their accounts. Decides and counts; who keeps it brings the clock, and what the store says. */
export class Ledger {
  readonly #options: LedgerOptions
  readonly #refusals = new Map<string, number>()
  #budgets: ReadonlyMap<string, Budget> = new Map()
  #teams: readonly Team[] = []
  #draws = new Draws([], [])
  /** Of the period that it is now. */
  readonly #current = new Map<string, OpenAccount>()
  /** Those of earlier periods that are not written to the end. */
  readonly #earlier = new Set<OpenAccount>()

  constructor(options: LedgerOptions) {
    this.#options = options
  }

  get active(): boolean {
    return !this.#draws.none
  }

  get budgets(): ReadonlyMap<string, Budget> {
    return this.#budgets
  }

  /** What was counted of budgets that stay goes on. */
  setBudgets(budgets: readonly Budget[]): void {
    this.#budgets = new Map(budgets.map((budget) => [budget.id, budget]))
    for (const [id, account] of this.#current) {
      const budget = this.#budgets.get(id)
      if (budget === undefined) {
        account.dropped = true
        this.#current.delete(id)
        this.#refusals.delete(id)
        continue
      }
      account.budget = budget
      account.arm()
    }
    for (const account of this.#earlier) if (!this.#budgets.has(account.budget.id)) this.#earlier.delete(account)
    this.#draws = new Draws(budgets, this.#teams)
  }

  setTeams(teams: readonly Team[]): void {
    this.#teams = teams
    this.#draws = new Draws(this.#budgets.values(), teams)
  }

  /** Those that a request would draw on. */
  drawsOf(ask: Pick<BudgetAsk, 'key' | 'model' | 'share'>): readonly Budget[] {
    return this.#draws.of(ask.key, ask.model, ask.share)
  }

  /** Throws 429 and takes nothing where one has not enough left. */
  reserve(ask: BudgetAsk, wallClock: number): Reservation | undefined {
    const budgets = this.drawsOf(ask)
    if (budgets.length === 0) return undefined
    const entries = budgets.map((budget) => {
      const account = this.accountOf(budget, wallClock)
      return { account, reserved: this.#costOf(ask, account, account.unpriced) }
    })
    this.#refuse(entries, wallClock)
    for (const { account, reserved } of entries) take(account.vector, reserved)
    return { entries, model: ask.model }
  }

  /** What `reserve` would do. */
  look(ask: BudgetAsk, wallClock: number): BudgetLook {
    const entries = this.drawsOf(ask).map((budget) => {
      const account = this.accountOf(budget, wallClock)
      return { account, reserved: this.#costOf(ask, account, new Set()) }
    })
    const standings = entries.map(({ account: { budget, vector, period }, reserved }) => ({
      budget,
      wouldTake: reserved,
      left: leftOf(vector, budget.amount),
      endsAt: period.endsAt,
      passes: canTake(vector, reserved, budget.amount),
    }))
    const refused = longest(entries.filter(isShort))
    return { standings, refusal: refused && refusalBy(refused, wallClock) }
  }

  settle({ entries, model }: Reservation, answeredBy: string, outcome: BudgetOutcome): void {
    for (const { account, reserved } of entries) {
      const { budget } = account
      // Another model has budgets of its own, and has drawn on them.
      const counts = budget.scope !== 'model' || answeredBy === model
      settle(account.vector, reserved, this.#actualOf(account, reserved, { model: answeredBy, outcome, counts }))
      if (spentOf(account.vector) >= account.warnsAt) this.#warn(account)
    }
  }

  /** Whether all that a request has taken is in the store. */
  isCovered({ entries }: Reservation): boolean {
    return entries.every(({ account }) => account.dropped || isCovered(account.vector))
  }

  /** Whether something of it is to be written, now or soon. */
  needsWrite({ entries }: Reservation): boolean {
    return entries.some(({ account }) => !account.dropped && claimOf(account.vector, account.budget.amount, account.block) !== 0)
  }

  /** The account of the period that it is. */
  accountOf(budget: Budget, wallClock: number): OpenAccount {
    const known = this.#current.get(budget.id)
    if (known !== undefined && wallClock >= known.period.startsAt && wallClock < known.period.endsAt) return known
    const account = new OpenAccount(budget, periodAt(wallClock, budget.period, budget.zone))
    if (known !== undefined) this.#earlier.add(known)
    this.#current.set(budget.id, account)
    return account
  }

  /** What to add to the counters now; `exact`: so that they say just what was spent. */
  claims(exact = false): readonly Claim[] {
    return this.#accounts().flatMap((account) => {
      const { vector, budget, block, dropped } = account
      // Nobody spends of an earlier period any more.
      const amount = exact || this.#earlier.has(account) ? exactClaimOf(vector) : claimOf(vector, budget.amount, block)
      return amount === 0 || dropped ? [] : [{ account, amount }]
    })
  }

  written(claims: readonly Claim[]): void {
    for (const { account, amount } of claims) {
      claimed(account.vector, amount)
      if (this.#earlier.has(account) && exactClaimOf(account.vector) === 0 && !hasOpen(account.vector)) this.#earlier.delete(account)
    }
  }

  /** What the counters say, between two writes. */
  counted(counters: ReadonlyMap<string, number>, wallClock: number, first = false): void {
    for (const budget of this.#budgets.values()) {
      const account = this.accountOf(budget, wallClock)
      counterRead(account.vector, counters.get(account.counter) ?? 0)
      if (first) account.arm()
      else if (spentOf(account.vector) >= account.warnsAt) this.#warn(account)
    }
  }

  refusalsOf(budgetId: string): number {
    return this.#refusals.get(budgetId) ?? 0
  }

  #accounts(): readonly OpenAccount[] {
    return [...this.#earlier, ...this.#current.values()]
  }

  /** `unpriced` gets the model where it has no price that counts. */
  #costOf({ model, promptTokens, declaredTokens, guessedTokens }: BudgetAsk, account: OpenAccount, unpriced: Set<string>): number {
    const { budget, vector } = account
    if (budget.unit === 'requests') return 1
    const left = leftOf(vector, budget.amount)
    const prompt = promptTokens()
    if (budget.unit === 'tokens') return prompt + (declaredTokens ?? Math.min(guessedTokens, Math.max(0, left - prompt)))
    const moneyFor = (completionTokens: number) => this.#moneyOf({ budget, unpriced }, model, { promptTokens: prompt, completionTokens })
    const own = moneyFor(declaredTokens ?? 0)
    if (declaredTokens !== undefined) return own
    const withGuess = moneyFor(guessedTokens)
    return Math.max(own, Math.min(withGuess, left))
  }

  #actualOf(
    account: OpenAccount,
    reserved: number,
    { model, outcome, counts }: { readonly model: string; readonly outcome: BudgetOutcome; readonly counts: boolean },
  ): number {
    const { sent, usage, paid = usage } = outcome
    if (account.budget.unit === 'requests') return sent ? 1 : 0
    if (account.budget.unit === 'tokens') return counts ? (usage?.totalTokens ?? reserved) : 0
    const own = paid === undefined ? reserved : this.#moneyOf(account, model, paid)
    return (counts ? own : 0) + this.#wastedMoney(account, outcome)
  }

  #wastedMoney(account: OpenAccount, { wasted = [] }: BudgetOutcome): number {
    const { scope, subject } = account.budget
    return wasted.reduce(
      (sum, { model, usage }) =>
        sum + (usage === undefined || (scope === 'model' && subject !== model) ? 0 : this.#moneyOf(account, model, usage)),
      0,
    )
  }

  #moneyOf({ budget, unpriced }: Pick<OpenAccount, 'budget' | 'unpriced'>, model: string, usage: Parameters<typeof priceOf>[2]): number {
    const price = priceOf(this.#options.prices(), model, usage)
    if (price?.currency === budget.currency) return price.amount
    unpriced.add(model)
    return 0
  }

  #refuse(entries: readonly Entry[], wallClock: number): void {
    if (!entries.some(isShort)) return
    const short = entries.filter(isShort)
    for (const { account } of short) this.#refusals.set(account.budget.id, this.refusalsOf(account.budget.id) + 1)
    const refused = longest(short)
    if (refused !== undefined) throw refusalBy(refused, wallClock)
  }

  #warn(account: OpenAccount): void {
    const { budget, vector } = account
    const reached = budget.warnAt.findLast((share) => spentOf(vector) >= share * budget.amount)
    account.arm()
    if (reached !== undefined) this.#options.onWarning?.(budget, reached)
  }
}

/** It has not enough left for the request. */
function isShort({ account, reserved }: Entry): boolean {
  return !canTake(account.vector, reserved, account.budget.amount)
}

/** The one that lasts longest: before its end it makes no sense to come back. */
function longest(entries: readonly Entry[]): Entry | undefined {
  let found: Entry | undefined
  for (const entry of entries) if (found === undefined || entry.account.period.endsAt > found.account.period.endsAt) found = entry
  return found
}

function refusalBy({ account: { budget, vector, period } }: Entry, wallClock: number): GatewayError {
  return quotaRefusal(budget, { left: leftOf(vector, budget.amount), endsAt: period.endsAt, wallClock })
}
