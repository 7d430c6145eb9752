import { ACCOUNT_SIZE, spentOf } from './account.ts'
import type { Budget } from './budget.ts'
import type { Period } from './period.ts'

/** More ahead than this share of the amount is claimed by nobody: it is what a crash may cost. */
const BLOCK_SHARE = 0.01

/** A budget in one period, and what is known of it here. */
export class OpenAccount {
  budget: Budget
  readonly period: Period
  readonly vector = new Float64Array(ACCOUNT_SIZE)
  /** Whole units at which somebody is to be told next; Infinity: nobody. */
  warnsAt = Infinity
  /** Models that were used without a price that counts here. */
  readonly unpriced = new Set<string>()
  /** Its budget is gone: nothing is written for it any more. */
  dropped = false

  constructor(budget: Budget, period: Period) {
    this.budget = budget
    this.period = period
    this.arm()
  }

  /** The counter's name in the store. The unit is in it: the number means another thing with another unit. */
  get counter(): string {
    return `${counterPrefix(this.budget.id)}${this.budget.unit}:${this.period.key}`
  }

  get block(): number {
    return Math.max(1, Math.ceil(this.budget.amount * BLOCK_SHARE))
  }

  /** Who was told is not told again. */
  arm(): void {
    const spent = spentOf(this.vector)
    const next = this.budget.warnAt.find((share) => share * this.budget.amount > spent)
    this.warnsAt = next === undefined ? Infinity : next * this.budget.amount
  }
}

export function counterPrefix(budgetId: string): string {
  return `budget/${budgetId}/`
}
