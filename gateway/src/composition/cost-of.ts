import { MONEY_PARTS } from '../budget/budget.ts'
import type { Snapshot } from '../config/snapshot.ts'
import { costOfRequest, priceSourcesOf } from '../telemetry/request-cost.ts'
import type { Cost } from '../telemetry/request-metrics.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'

/** What a request cost, in units of a currency; undefined where nobody knows. */
export function costOf(record: RequestRecord, snapshot: Pick<Snapshot, 'prices' | 'history'>): Cost | undefined {
  const cost = costOfRequest(record, priceSourcesOf(snapshot))
  return cost === undefined ? undefined : { amount: cost.amount / MONEY_PARTS, currency: cost.currency }
}
