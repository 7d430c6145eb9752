import { type FacetField, type UsageDimension, type UsageSums } from '@jairouter/contract/management/history-names'
import type { Term } from '@jairouter/contract/management/query'
import type { SeriesDimension, SeriesSum, SeriesSums } from '@jairouter/contract/management/series-names'
import type { EventRow, StoredEvent } from './event-row.ts'
import type { AttemptRow, StoredContent, StoredRow } from './history-row.ts'
import type { UsageStep } from './roll-up.ts'
import type { SeriesStep } from './series-roll-up.ts'

/** Entries that are written together. One that was written already is not written again: its id tells. */
export interface HistoryBatch {
  readonly id: string
  /** See `packEntries`. Not read any more once it is written, or could not be. */
  readonly packed: Uint8Array
  /** What happened to the gateway. */
  readonly events?: readonly EventRow[]
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
  /** For each bucket: hundreds of the status -> how many. */
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

export interface SeriesQuery {
  readonly by: readonly SeriesDimension[]
  /** Of what is summed. */
  readonly of: SeriesStep
  /** Sums apart for each time of this length, a multiple of `of`; undefined: over the whole time. */
  readonly widthMs?: number
  readonly from: number
  /** Not included. */
  readonly to: number
  /** Only what is so. */
  readonly only: Readonly<Partial<Record<SeriesDimension, string>>>
  /** Only these values of `by`. */
  readonly among?: readonly (readonly string[])[]
  /** Sums that are wanted; the others are told as 0. They are half of what a question costs. */
  readonly sums: readonly SeriesSum[]
  /** How many there were of each class of time is wanted as well. */
  readonly times: boolean
  readonly limit: number
}

export interface SeriesGroup {
  /** In the order of `by`. */
  readonly values: readonly string[]
  /** Epoch milliseconds; undefined without `widthMs`. */
  readonly start?: number
  readonly sums: SeriesSums
  /** For each class that occurs three numbers: the class, requests that took so long, first bytes that came so late. Empty without `times`. */
  readonly times: readonly number[]
}

/** What holds of all that are found. */
export interface EventQuery {
  readonly kinds: readonly string[]
  readonly subjects?: readonly string[]
  readonly from?: number
  /** Not included. */
  readonly to?: number
  readonly limit: number
}

export interface TrimQuery {
  /** Requests that came in before this time are forgotten, and the oldest of more than `maximumRows`. */
  readonly before: number
  readonly maximumRows: number
  /** Sums of hours that began before this time. */
  readonly usageBefore: number
  /** The finer series that began before these times. */
  readonly finerBefore: Readonly<Record<'minute' | 'quarter', number>>
  /** What was said by requests before this time. */
  readonly contentBefore: number
}

/** Where rows of requests are kept, with their sums: both are written in one transaction. Rejects with a StoreError. */
export interface HistoryStore {
  readonly kind: 'memory' | 'sqlite' | 'postgres'
  write(batch: HistoryBatch): Promise<void>
  page(query: PageQuery): Promise<Page>
  /** The newest of that id. */
  find(id: string, filter?: HistoryFilter): Promise<{ readonly request: StoredRow; readonly attempts: readonly AttemptRow[] } | undefined>
  /** What was said with that row; undefined where nothing is kept of it, or not any more. */
  content(seq: number): Promise<StoredContent | undefined>
  facets(query: FacetQuery): Promise<Facets>
  histogram(query: HistogramQuery): Promise<Histogram>
  /** Greatest cost first, then most requests; with `step` by time. */
  usage(query: UsageQuery): Promise<readonly UsageGroup[]>
  /** Most requests first; with `widthMs` by time. */
  series(query: SeriesQuery): Promise<readonly SeriesGroup[]>
  /** What happened to the gateway, newest first. */
  events(query: EventQuery): Promise<readonly StoredEvent[]>
  /** Forgets a bounded number of rows; says how many, and whether there are more to be forgotten. Sums of rows that go stay. */
  trim(query: TrimQuery): Promise<{ readonly forgotten: number; readonly more: boolean }>
  close(): Promise<void>
}
