import type { Prices } from '@jairouter/contract/prices'
import { MONEY_PARTS } from './budget.ts'

type ModelPrice = Prices[string]

export interface PricedUsage {
  readonly promptTokens: number
  readonly completionTokens: number
  /** Of the prompt's. */
  readonly cachedPromptTokens?: number
  /** Of the completion's. */
  readonly reasoningTokens?: number
  readonly audioSeconds?: number
  readonly images?: number
  readonly characters?: number
}

export interface Cost {
  /** In whole billionths of the currency. */
  readonly amount: number
  readonly currency: string
}

/** Prices are per million tokens. */
const PER_TOKEN = MONEY_PARTS / 1_000_000

/** What an answer of a model costs, rounded up; undefined where nobody knows. */
export function priceOf(prices: Prices, model: string, usage: PricedUsage): Cost | undefined {
  const price = priceIn(prices, model)
  return price === undefined ? undefined : costAt(price, usage)
}

/** Undefined where there is none. */
export function priceIn(prices: Prices, model: string): ModelPrice | undefined {
  return Object.hasOwn(prices, model) ? prices[model] : undefined
}

export function costAt(price: ModelPrice, usage: PricedUsage): Cost {
  const { promptTokens, completionTokens, audioSeconds = 0, images = 0, characters = 0 } = usage
  const cached = Math.min(usage.cachedPromptTokens ?? 0, promptTokens)
  const reasoning = Math.min(usage.reasoningTokens ?? 0, completionTokens)
  const millionths =
    (promptTokens - cached) * price.input +
    cached * (price.cachedInput ?? price.input) +
    (completionTokens - reasoning) * price.output +
    reasoning * (price.reasoning ?? price.output)
  const units = images * (price.image ?? 0) + audioSeconds * (price.audioSecond ?? 0) + characters * (price.character ?? 0)
  // A trace that floating point left is no billionth more.
  return { amount: Math.ceil(millionths * PER_TOKEN + units * MONEY_PARTS - 1e-6), currency: price.currency }
}
