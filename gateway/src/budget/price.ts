import type { Prices } from '@jairouter/contract/prices'
import { MONEY_PARTS } from './budget.ts'

export interface PricedUsage {
  readonly promptTokens: number
  readonly completionTokens: number
  /** Of the prompt's. */
  readonly cachedPromptTokens?: number
}

/** Prices are per million tokens. */
const PER_TOKEN = MONEY_PARTS / 1_000_000

/** What tokens of a model cost, in whole billionths of the price's currency, rounded up; undefined where nobody knows. */
export function priceOf(
  prices: Prices,
  model: string,
  usage: PricedUsage,
): { readonly amount: number; readonly currency: string } | undefined {
  const price = Object.hasOwn(prices, model) ? prices[model] : undefined
  if (price === undefined) return undefined
  const cached = Math.min(usage.cachedPromptTokens ?? 0, usage.promptTokens)
  const millionths =
    (usage.promptTokens - cached) * price.input + cached * (price.cachedInput ?? price.input) + usage.completionTokens * price.output
  // A trace that floating point left is no billionth more.
  return { amount: Math.ceil(millionths * PER_TOKEN - 1e-6), currency: price.currency }
}
