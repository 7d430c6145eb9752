import type { Prices } from '@jairouter/contract/prices'
import { costAt, priceIn, type Cost } from '../budget/price.ts'
import { STARTING_PRICES } from '../budget/starting-prices.ts'
import type { Snapshot } from '../config/snapshot.ts'
import type { Usage } from '../endpoints/usage.ts'
import type { UsedUnits } from '../endpoints/used-units.ts'
import type { AttemptRecord, RequestRecord } from './request-record.ts'

/** Where prices are looked up. */
export interface PriceSources {
  /** By public name. */
  readonly config: Prices
  /** By the name that the backend knows; undefined: the config's alone. */
  readonly starting: Prices | undefined
}

export function priceSourcesOf({ prices, history }: Pick<Snapshot, 'prices' | 'history'>): PriceSources {
  return { config: prices, starting: history.startingPrices ? STARTING_PRICES : undefined }
}

/** What a request cost, in all books the same: its answer, and the calls whose answers had begun and were of no use. Undefined where nobody knows. */
export function costOfRequest(record: RequestRecord, prices: PriceSources): Cost | undefined {
  const { usage, units, attempts } = record
  const own = isGenerated(record)
    ? costOf(prices, { model: answeringModel(record), sent: attempts.at(-1)?.upstreamModel ?? '', usage, units })
    : undefined
  // Of nearly all requests.
  if (attempts.length < 2 && (own !== undefined || usage !== undefined)) return own
  return sumOf([own, ...wastedCalls(record).map((attempt) => costOfCall(attempt, prices))])
}

export function costOfCall({ model, upstreamModel, usage }: AttemptRecord, prices: PriceSources): Cost | undefined {
  return costOf(prices, { model, sent: upstreamModel, usage })
}

/** Calls that cost something beside the answer that was given. */
export function wastedCalls({ attempts, usage }: Pick<RequestRecord, 'attempts' | 'usage'>): readonly AttemptRecord[] {
  return attempts.filter((attempt) => attempt.usage !== undefined && attempt.usage !== usage && attempt.outcome !== 'ok')
}

/** Public name of the model that answered; '' where none did. */
export function answeredByOf({ answeredBy, usage, code, model = '' }: RequestRecord): string {
  return answeredBy ?? (usage === undefined && code !== undefined ? '' : model)
}

function answeringModel(record: RequestRecord): string {
  const answeredBy = answeredByOf(record)
  return answeredBy === '' ? (record.model ?? '') : answeredBy
}

interface Used {
  readonly model: string
  readonly sent: string
  readonly usage: Usage | undefined
  readonly units?: UsedUnits | undefined
}

function costOf({ config, starting }: PriceSources, { model, sent, usage, units }: Used): Cost | undefined {
  if (usage === undefined && units === undefined) return undefined
  const price = priceIn(config, model) ?? (starting === undefined ? undefined : priceIn(starting, sent))
  return price === undefined ? undefined : costAt(price, { promptTokens: 0, completionTokens: 0, ...usage, ...units })
}

/** Two currencies can't be added: what was answered in the first one counts. */
function sumOf(costs: readonly (Cost | undefined)[]): Cost | undefined {
  const known = costs.filter((cost) => cost !== undefined)
  const currency = known[0]?.currency
  if (currency === undefined) return undefined
  return { currency, amount: known.reduce((sum, cost) => sum + (cost.currency === currency ? cost.amount : 0), 0) }
}

/** A model made the answer for this request; else nobody is to be paid. */
function isGenerated({ cache, fallback }: RequestRecord): boolean {
  return cache !== 'hit' && cache !== 'shared' && (fallback === undefined || fallback === 'model')
}
