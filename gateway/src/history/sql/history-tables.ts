import { USAGE_SUMS, type UsageDimension, type UsageSum } from '@jairouter/contract/management/history-names'
import { SERIES_DIMENSIONS, SERIES_SUMS, type SeriesDimension, type SeriesSum } from '@jairouter/contract/management/series-names'
import type { SqlDialect } from '../../store/sql/schema.ts'
import type { EventRow } from '../event-row.ts'
import type { ContentRow, RequestRow } from '../history-row.ts'

/** What PostgreSQL's driver gives of a 64 bit number is a text. */
type Read<Row> = { [Name in keyof Row]: Row[Name] extends string | null ? Row[Name] : Row[Name] | string }

/** Tables as Kysely knows them. */
export interface HistoryTables {
  /** One row: 1, and how many migrations have been carried out. */
  jairouter_history_meta: { one: number; schema: number | string }
  jairouter_history_batch: { id: string; time: number | string }
  /** `calls`: JSON of the cells of its attempts. */
  jairouter_history_request: Read<RequestRow> & { seq: number | string; calls: string }
  jairouter_history_content: Read<ContentRow> & { seq: number | string; time: number | string }
  jairouter_history_usage: { step: string; start: number | string } & Record<UsageDimension, string> & Record<UsageSum, number | string>
  jairouter_history_series: { step: string; start: number | string; class: number | string } & Record<SeriesDimension, string> &
    Record<SeriesSum, number | string>
  jairouter_history_event: Read<EventRow> & { seq: number | string }
}

export const REQUESTS = 'jairouter_history_request'
export const CONTENTS = 'jairouter_history_content'
export const USAGE = 'jairouter_history_usage'
export const SERIES = 'jairouter_history_series'
export const EVENTS = 'jairouter_history_event'
export const BATCHES = 'jairouter_history_batch'
export const META = 'jairouter_history_meta'
/** FTS5's, of SQLite alone. */
export const WORDS = 'jairouter_history_words'

export type { SqlDialect }

/** Indexes of the requests: what is filtered by, and then the time, in the order of which rows are asked for. Sparse ones know only rows that say something. */
const INDEXES: readonly (readonly [name: string, columns: readonly string[], where?: string])[] = [
  ['time', ['time', 'status']],
  ['id', ['id']],
  ['model', ['model', 'time']],
  ['key', ['key', 'time']],
  ['backend', ['backend', 'time']],
  ['status', ['status', 'time'], 'status >= 400'],
  ['code', ['code', 'time'], `"code" <> ''`],
  ['user', ['user', 'time'], `"user" <> ''`],
  ['words', ['time'], `words <> ''`],
]

/** Texts whose index is sparse. */
export const SPARSE: ReadonlySet<string> = new Set(['code', 'user'])
/** Status from which on its index knows rows. */
export const SPARSE_STATUS = 400

/** Statements that make the indexes. */
export function indexStatements(): readonly string[] {
  return INDEXES.map(([name, columns, where]) => {
    const listed = columns.map(quoted).join(', ')
    return `create index ${REQUESTS}_${name} on ${REQUESTS} (${listed})${where === undefined ? '' : ` where ${where}`}`
  })
}

/** Of an insert that meets sums which are there: what comes is added. */
export const ADDED_SUMS = added(USAGE, USAGE_SUMS)
export const ADDED_SERIES = added(SERIES, SERIES_SUMS)

const SERIES_PLACE = ['step', 'start', ...SERIES_DIMENSIONS, 'class'] as const
export const SERIES_NAMES = [...SERIES_PLACE, ...SERIES_SUMS] as const
export const SERIES_KEY = SERIES_PLACE.map(quoted).join(', ')

function added(table: string, names: readonly string[]): string {
  return names.map((name) => `"${name}" = ${table}."${name}" + excluded."${name}"`).join(', ')
}

export function quoted(name: string): string {
  return `"${name}"`
}
