import type { Prices } from '@jairouter/contract/prices'
import { MONEY_PARTS } from '../budget/budget.ts'
import { priceOf } from '../budget/price.ts'
import type { Cost } from '../telemetry/request-metrics.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'

/** What a request's tokens cost, in units of a currency; undefined where nobody knows. */
export function costOf({ model, usage }: RequestRecord, prices: Prices): Cost | undefined {
  if (model === undefined || usage === undefined) return undefined
  const price = priceOf(prices, model, usage)
  return price === undefined ? undefined : { amount: price.amount / MONEY_PARTS, currency: price.currency }
}
