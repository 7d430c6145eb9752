import { budgetSchema, type BudgetForecast, type NewBudget, type ShownBudget } from '@jairouter/contract/management/budgets'
import { leftOf, spentOf } from '../../budget/account.ts'
import { partsOf, type Budget } from '../../budget/budget.ts'
import type { OpenAccount } from '../../budget/open-account.ts'
import { isTimeZone } from '../../budget/period.ts'
import { isoTime } from '../../lib/iso-time.ts'
import type { Body } from '../../store/port.ts'
import { fieldProblem } from '../collection/access-problem.ts'

const COUNTED = { id: true, spent: true, remaining: true, periodEnds: true, unpriced: true } as const
const storedSchema = budgetSchema.omit(COUNTED)

/** A budget in the store; what was spent of it stands in a counter. */
export type StoredBudget = Omit<ShownBudget, keyof typeof COUNTED>

/** Undefined for what is no budget. */
export function readBudget(body: Body): StoredBudget | undefined {
  return storedSchema.safeParse(body).data
}

/** Throws what is wrong with it beyond its schema. */
export function checkedBudget(given: Omit<NewBudget, 'id'>, made: Pick<StoredBudget, 'createdAt' | 'createdBy'>): StoredBudget {
  const { scope, subject, unit, amount, currency, period, zone = 'UTC', warnAt = [0.8], enabled = true } = given
  if (scope === 'all' && subject !== undefined) throw fieldProblem('subject', 'is not for the scope "all"')
  if (scope !== 'all' && subject === undefined) throw fieldProblem('subject', `is required with the scope "${scope}"`)
  if (!isTimeZone(zone)) throw fieldProblem('zone', 'is no time zone; expected a name such as Europe/Berlin')
  if (unit !== 'money' && currency !== undefined) throw fieldProblem('currency', 'is for money only')
  checkAmount(unit, amount)
  return {
    scope,
    ...(subject === undefined ? {} : { subject }),
    unit,
    amount,
    ...(unit === 'money' ? { currency: currency ?? 'USD' } : {}),
    period,
    zone,
    warnAt: ascending(warnAt),
    enabled,
    onExceeded: 'refuse',
    ...made,
  }
}

export function checkAmount(unit: Budget['unit'], amount: number): void {
  if (unit !== 'money' && !Number.isInteger(amount)) throw fieldProblem('amount', `must be a whole number of ${unit}`)
  if (unit === 'money' && amount > 9_000_000) throw fieldProblem('amount', 'of money can be at most 9000000')
}

export function ascending(warnAt: readonly number[]): number[] {
  return [...new Set(warnAt)].sort((a, b) => a - b)
}

/** As requests are decided by. */
export function toBudget(id: string, stored: StoredBudget): Budget {
  const { scope, subject = '', unit, amount, currency = 'USD', period, zone, warnAt, enabled } = stored
  return { id, scope, subject, unit, amount: Math.round(amount * partsOf(unit)), currency, period, zone, warnAt, enabled }
}

/** With what was spent of it. */
export function shownBudget(id: string, stored: StoredBudget, account: OpenAccount): ShownBudget {
  const parts = partsOf(stored.unit)
  return {
    id,
    ...stored,
    spent: spentOf(account.vector) / parts,
    remaining: leftOf(account.vector, account.budget.amount) / parts,
    periodEnds: isoTime(account.period.endsAt),
    unpriced: [...account.unpriced],
  }
}

const DAY_MS = 86_400_000
/** Less than this tells nothing of a pace. */
const SHORTEST_ELAPSED_MS = 60_000

/** Goes on as it went since the period began. */
export function forecastOf(shown: Pick<ShownBudget, 'spent' | 'remaining'>, { period }: OpenAccount, wallClock: number): BudgetForecast {
  const elapsedMs = Math.max(SHORTEST_ELAPSED_MS, wallClock - period.startsAt)
  const pace = (shown.spent / elapsedMs) * DAY_MS
  const emptyAt = shown.remaining === 0 ? wallClock : pace === 0 ? Infinity : wallClock + (shown.remaining / pace) * DAY_MS
  return {
    spent: shown.spent,
    remaining: shown.remaining,
    pace,
    emptyOn: emptyAt < period.endsAt ? isoTime(emptyAt) : null,
    periodEnds: isoTime(period.endsAt),
  }
}
