/** Whose requests draw on a budget. */
export type BudgetScope = 'key' | 'team' | 'user' | 'model' | 'tag' | 'all'
export type BudgetUnit = 'requests' | 'tokens' | 'money'
export type BudgetPeriod = 'day' | 'month'

/** So much for so long. */
export interface Budget {
  readonly id: string
  readonly scope: BudgetScope
  /** Whose: a key's or a team's id, a user's, a public model name, a tag; '' with `all`. */
  readonly subject: string
  readonly unit: BudgetUnit
  /** Whole requests, whole tokens, or billionths of `currency`. */
  readonly amount: number
  readonly currency: string
  readonly period: BudgetPeriod
  /** IANA time zone in which days and months begin. */
  readonly zone: string
  /** Shares of the amount at which somebody is to be told, ascending. */
  readonly warnAt: readonly number[]
  readonly enabled: boolean
}

/** Money is counted in whole billionths: sums of fractions would drift. */
export const MONEY_PARTS = 1_000_000_000

/** How many of what is counted are one of what is shown. */
export function partsOf(unit: BudgetUnit): number {
  return unit === 'money' ? MONEY_PARTS : 1
}
