import { describe, expect, it } from 'vitest'
import { MONEY_PARTS } from './budget.ts'
import { priceOf } from './price.ts'

const prices = { m: { input: 2.5, cachedInput: 0.5, output: 10, currency: 'USD' }, cheap: { input: 0.02, output: 0, currency: 'EUR' } }

describe('a price', () => {
  it.each([
    [{ promptTokens: 1_000_000, completionTokens: 0 }, 2.5],
    [{ promptTokens: 0, completionTokens: 1_000_000 }, 10],
    [{ promptTokens: 1_000_000, completionTokens: 0, cachedPromptTokens: 400_000 }, 1.7],
    [{ promptTokens: 10, completionTokens: 0, cachedPromptTokens: 400 }, 0.000005],
    [{ promptTokens: 1, completionTokens: 1 }, 0.0000125],
  ])('of %j is %d', (usage, expected) => {
    expect(priceOf(prices, 'm', usage)).toEqual({ amount: Math.round(expected * MONEY_PARTS), currency: 'USD' })
  })

  it('is rounded up to a billionth, and unknown for what has none', () => {
    expect(priceOf({ m: { input: 0.0001, output: 0, currency: 'USD' } }, 'm', { promptTokens: 1, completionTokens: 0 })?.amount).toBe(1)
    expect(priceOf(prices, 'cheap', { promptTokens: 3, completionTokens: 5 })).toEqual({ amount: 60, currency: 'EUR' })
    for (const name of ['other', 'toString', '__proto__'])
      expect(priceOf(prices, name, { promptTokens: 1, completionTokens: 1 })).toBeUndefined()
  })
})
