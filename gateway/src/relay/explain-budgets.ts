import type { DrawnBudget } from '@jairouter/contract/management/explain'
import { partsOf } from '../budget/budget.ts'
import type { BudgetPort, BudgetStanding } from '../budget/budget-port.ts'
import { isoTime } from '../lib/iso-time.ts'
import { budgetAskOf, claimsOf, type AdmissionInput } from './admission.ts'
import type { LimitStates } from './limit-states.ts'

/** Budgets that refuse what they would refuse, and give nothing. */
export function onlyLooking(budgets: BudgetPort | undefined): BudgetPort | undefined {
  if (budgets === undefined) return undefined
  return {
    active: budgets.active,
    look: (ask) => budgets.look(ask),
    reserve(ask) {
      const { refusal } = budgets.look(ask)
      if (refusal !== undefined) throw refusal
      return undefined
    },
    uses: () => budgets.uses(),
  }
}

/** All that a request would draw on. */
export function budgetsOf(input: AdmissionInput, states: LimitStates, now: number): DrawnBudget[] {
  if (input.budgets?.active !== true) return []
  const { promptTokens } = claimsOf([], { input, states, now })
  return input.budgets.look(budgetAskOf(input, promptTokens, 'all')).standings.map(shown)
}

function shown({ budget, wouldTake, left, endsAt, passes }: BudgetStanding): DrawnBudget {
  const { id, scope, subject, unit, currency, period, amount } = budget
  const parts = partsOf(unit)
  return {
    id,
    scope,
    ...(subject === '' ? {} : { subject }),
    unit,
    ...(unit === 'money' ? { currency } : {}),
    period,
    amount: amount / parts,
    remaining: left / parts,
    wouldTake: wouldTake / parts,
    resetsAt: isoTime(endsAt),
    verdict: passes ? 'pass' : 'deny',
  }
}
