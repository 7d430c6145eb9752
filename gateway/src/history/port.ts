import { type FacetField, type UsageDimension, type UsageSums } from '@jairouter/contract/management/history-names'
import type { Term } from '@jairouter/contract/management/query'
import type { AttemptRow, HistoryEntry, StoredRow } from './history-row.ts'
import type { UsageStep } from './roll-up.ts'

/** Entries that are written together. One that was written already is not written again: its id tells. */
export interface HistoryBatch {
  readonly id: string
  readonly entries: readonly HistoryEntry[]
}

/** Which requests are meant: all that hold. */
export interface HistoryFilter {
  readonly terms: readonly Term[]
  /** Epoch milliseconds, included. */
  readonly from?: number
  /** Not included. */
  readonly to?: number
}

/** Where a page ends: the next one begins below. */
export interface Place {
  readonly time: number
  readonly seq: number
}

export interface PageQuery {
  readonly filter: HistoryFilter
  readonly before?: Place
  readonly limit: number
  /** Milliseconds after which it answers with what it has. */
  readonly deadlineMs: number
}

export interface Page {
  /** Newest first. */
  readonly rows: readonly StoredRow[]
  /** Set where there may be more. */
  readonly next?: Place
  /** It has not looked everywhere above `next`, for want of time. */
  readonly partial: boolean
}

export interface FacetQuery {
  readonly filter: HistoryFilter
  readonly fields: readonly FacetField[]
  /** Rows that are looked at, about; where there are more, a sample is. */
  readonly mostRows: number
}

export interface Facets {
  readonly counts: ReadonlyMap<FacetField, ReadonlyMap<string, number>>
  /** Share of the rows that were looked at. */
  readonly rate: number
}

export interface HistogramQuery {
  readonly filter: HistoryFilter
  readonly from: number
  readonly to: number
  readonly buckets: number
  readonly mostRows: number
}

export interface Histogram {
  /** For each bucket: hundreds of the status → how many. */
  readonly counts: readonly ReadonlyMap<number, number>[]
  readonly rate: number
}

export interface UsageQuery {
  readonly by: readonly UsageDimension[]
  /** Sums apart for each; undefined: over the whole time. */
  readonly step?: UsageStep
  /** Of what is summed: hours, where it need not be finer than a day days. */
  readonly of: UsageStep
  readonly from?: number
  readonly to?: number
  /** Only what is so. */
  readonly only: Readonly<Partial<Record<UsageDimension, string>>>
  readonly limit: number
}

export interface UsageGroup {
  /** In the order of `by`. */
  readonly values: readonly string[]
  /** Epoch milliseconds; undefined without `step`. */
  readonly start?: number
  readonly sums: UsageSums
}

export interface TrimQuery {
  /** Requests that came in before this time are forgotten, and the oldest of more than `maximumRows`. */
  readonly before: number
  readonly maximumRows: number
  /** Sums of hours that began before this time. */
  readonly usageBefore: number
}

/** Where rows of requests are kept, with their sums: both are written in one transaction. Rejects with a StoreError. */
export interface HistoryStore {
  readonly kind: 'memory' | 'sqlite' | 'postgres'
  write(batch: HistoryBatch): Promise<void>
  page(query: PageQuery): Promise<Page>
  /** The newest of that id. */
  find(id: string, filter?: HistoryFilter): Promise<{ readonly request: StoredRow; readonly attempts: readonly AttemptRow[] } | undefined>
  facets(query: FacetQuery): Promise<Facets>
  histogram(query: HistogramQuery): Promise<Histogram>
  /** Greatest cost first, then most requests; with `step` by time. */
  usage(query: UsageQuery): Promise<readonly UsageGroup[]>
  /** Forgets a bounded number of rows; says how many, and whether there are more to be forgotten. Sums of rows that go stay. */
  trim(query: TrimQuery): Promise<{ readonly forgotten: number; readonly more: boolean }>
  close(): Promise<void>
}
