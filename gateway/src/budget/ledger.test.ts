import { expect, it } from 'vitest'
import type { Budget } from './budget.ts'
import { MONEY_PARTS } from './budget.ts'
import { Ledger } from './ledger.ts'
import { spentOf } from './account.ts'

const NOON = Date.UTC(2026, 7, 21, 11)
const PRICES = {
  asked: { input: 1, output: 2, currency: 'USD' },
  other: { input: 10, output: 20, currency: 'USD' },
  paint: { input: 0, output: 0, image: 0.5, currency: 'USD' },
}
const NONE = { promptTokens: 0, completionTokens: 0 }

function settled(model: string, outcome: Parameters<Ledger['settle']>[2], answeredBy = model) {
  const ledger = new Ledger({ prices: () => PRICES })
  const common = { currency: 'USD', period: 'day', zone: 'UTC', warnAt: [], enabled: true, amount: 1_000 * MONEY_PARTS } as const
  const budgets: Budget[] = [
    { id: 'all', scope: 'all', subject: '', unit: 'money', ...common },
    { id: 'tokens', scope: 'all', subject: '', unit: 'tokens', ...common },
    { id: 'asked', scope: 'model', subject: 'asked', unit: 'money', ...common },
  ]
  ledger.setBudgets(budgets)
  const ask = { key: undefined, model, share: 'all', promptTokens: () => 7, declaredTokens: 0, guessedTokens: 0 } as const
  const reservation = ledger.reserve(ask, NOON)
  if (reservation === undefined) throw new Error('nothing was reserved')
  ledger.settle(reservation, answeredBy, outcome)
  return Object.fromEntries(budgets.map((budget) => [budget.id, spentOf(ledger.accountOf(budget, NOON).vector)]))
}

it('charges calls that were of no use as money, to the budgets of their own model, and not as tokens', () => {
  const usage = { promptTokens: 10, completionTokens: 5, totalTokens: 15 }
  const wasted = [{ model: 'asked', usage: { promptTokens: 10, completionTokens: 1 } }]
  expect(settled('asked', { sent: true, usage, wasted }, 'other')).toEqual({ all: 200_000 + 12_000, tokens: 15, asked: 12_000 })
  expect(settled('asked', { sent: true, usage: { ...NONE, totalTokens: 0 }, wasted })).toEqual({ all: 12_000, tokens: 0, asked: 12_000 })
})

it('charges pictures by their price, and lets the estimate of tokens stand where nobody tells them', () => {
  expect(settled('paint', { sent: true, usage: undefined, paid: { ...NONE, images: 2 } })).toEqual({
    all: MONEY_PARTS,
    tokens: 7,
    asked: 0,
  })
})
