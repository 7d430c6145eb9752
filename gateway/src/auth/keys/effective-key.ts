import { SERVICES } from '@jairouter/contract/names'
import type { EffectiveKey } from '@jairouter/contract/management/keys'
import { leftOf } from '../../budget/account.ts'
import { partsOf } from '../../budget/budget.ts'
import type { KeyRecord, Snapshot } from '../../config/snapshot.ts'
import { rangesIn } from '../../lib/address-table.ts'
import { matchesAny } from '../../lib/wildcard.ts'
import type { BudgetBook } from '../budgets/budget-book.ts'
import { askerWith, isBlocked } from '../blocks/is-blocked.ts'

export interface EffectiveParts {
  readonly snapshot: Pick<Snapshot, 'models' | 'blocks'>
  readonly book: BudgetBook
  readonly limits: readonly EffectiveKey['limits'][number][]
  /** Epoch milliseconds. */
  readonly wallClock: number
}

/** What a key can do now, and what stands against it. */
export function effectiveKey(key: KeyRecord, { snapshot, book, limits, wallClock }: EffectiveParts): EffectiveKey {
  const services = key.services ?? SERVICES
  const models = snapshot.models.filter(
    (model) => matchesAny(key.models, model.id) && model.services.some((service) => services.includes(service)),
  )
  const budgets = budgetsOf(key, { models: models.map(({ id }) => id), book, wallClock })
  return {
    models: models.map(({ id }) => id),
    services: [...services],
    addresses: key.addresses === undefined ? null : [...rangesIn(key.addresses, wallClock)],
    limits: [...limits],
    budgets,
    whyNot: [
      ...(key.enabled ? [] : [{ code: 'disabled' as const }]),
      ...(key.expiresAt !== undefined && key.expiresAt <= wallClock ? [{ code: 'expired' as const }] : []),
      ...(isBlocked(snapshot.blocks, askerWith(key), wallClock) ? [{ code: 'blocked' as const }] : []),
      ...(models.length === 0 ? [{ code: 'no_models' as const }] : []),
      ...budgets.filter(({ remaining }) => remaining <= 0).map(({ id }) => ({ code: 'budget_used_up' as const, subject: id })),
    ],
  }
}

/** Those that it draws on with some model that it can use. */
function budgetsOf(
  key: KeyRecord,
  { models, book, wallClock }: { readonly models: readonly string[]; readonly book: BudgetBook; readonly wallClock: number },
): EffectiveKey['budgets'] {
  const { ledger } = book
  const found = new Set([
    ...ledger.drawsOf({ key, model: '', share: 'all' }),
    ...models.flatMap((model) => ledger.drawsOf({ key, model, share: 'model' })),
  ])
  return [...found].map((budget) => {
    const parts = partsOf(budget.unit)
    const { vector } = ledger.accountOf(budget, wallClock)
    const { id, scope, unit, period, amount } = budget
    return { id, scope, unit, period, amount: amount / parts, remaining: leftOf(vector, amount) / parts }
  })
}
