import type { UsageDimension } from '@jairouter/contract/management/history-names'
import type { SeriesGroupName } from '@jairouter/contract/management/measures'
import type { SeriesDimension } from '@jairouter/contract/management/series-names'
import type { HistoryStore } from '../../history/port.ts'
import { invalidQuery } from '../invalid-query.ts'
import { isQuantile, sumsOf, tallyOfSeries, tallyOfUsage, type Tally } from './tally.ts'
import type { Span } from './span.ts'

/** What of the history is asked. */
export type SeriesHistory = Pick<HistoryStore, 'series' | 'usage' | 'events'>

export interface GroupFilters {
  readonly model?: string | undefined
  readonly backend?: string | undefined
  readonly service?: string | undefined
  readonly instance?: string | undefined
  readonly key?: string | undefined
  readonly user?: string | undefined
  readonly team?: string | undefined
}

export interface Group {
  readonly name: string
  readonly values: readonly string[]
  /** Epoch milliseconds; undefined where it is told of the whole time. */
  readonly start: number | undefined
  readonly tally: Tally
}

export interface GroupQuery {
  readonly by: SeriesGroupName | 'none'
  readonly filters: GroupFilters
  readonly span: Span
  readonly widthMs?: number
  readonly among?: readonly (readonly string[])[]
  /** Told of exactly these; of what else a tally has nothing is known. */
  readonly measures: readonly string[]
  readonly limit: number
}

const DIMENSIONS: Readonly<Record<'none' | 'model' | 'backend' | 'service' | 'instance', readonly SeriesDimension[]>> = {
  none: [],
  model: ['model'],
  backend: ['backend'],
  service: ['service'],
  instance: ['backend', 'sent'],
}
const WHOSE = ['key', 'user', 'team'] as const
/** Buckets of all groups of the usage. */
const MOST_USAGE = 200_000

/** Sums by who asked are kept elsewhere than those by where it went: by the hour and the day alone, without times. */
export function isByWho(by: GroupQuery['by'], filters: GroupFilters): boolean {
  return WHOSE.some((name) => name === by || filters[name] !== undefined)
}

/** Most requests first, or by time. Throws invalid_query for what can't be told. */
export async function groupsOf(history: SeriesHistory, query: GroupQuery): Promise<readonly Group[]> {
  return isByWho(query.by, query.filters) ? ofUsage(history, query) : ofSeries(history, query)
}

async function ofSeries(history: SeriesHistory, query: GroupQuery): Promise<readonly Group[]> {
  const { by, filters, span, widthMs, among, measures, limit } = query
  const { model, backend, service, instance } = filters
  const place = instance === undefined ? {} : instancePlace(instance)
  const only = Object.entries({ model, backend, service, ...place }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  )
  const groups = await history.series({
    // Names of keys, users and teams were led elsewhere.
    by: DIMENSIONS[by as keyof typeof DIMENSIONS],
    of: span.of,
    from: span.from,
    to: span.to,
    ...(widthMs === undefined ? {} : { widthMs }),
    only: Object.fromEntries(only) as Partial<Record<SeriesDimension, string>>,
    ...(among === undefined ? {} : { among }),
    sums: sumsOf(measures),
    times: measures.some(isQuantile),
    limit,
  })
  return groups.map(({ values, start, ...sums }) => ({ name: values.join('/'), values, start, tally: tallyOfSeries(sums) }))
}

async function ofUsage(history: SeriesHistory, { by, filters, span, widthMs, among, limit }: GroupQuery): Promise<readonly Group[]> {
  const { instance, ...given } = filters
  if (instance !== undefined || by === 'instance')
    throw invalidQuery(instance === undefined ? 'by' : 'instance', 'Usage of keys, users and teams is not kept by instance')
  const only = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  const of = span.of === 'day' ? 'day' : 'hour'
  const groups = await history.usage({
    by: by === 'none' ? [] : [by],
    of,
    ...(widthMs === undefined ? {} : { step: of }),
    from: span.from,
    to: span.to,
    only: Object.fromEntries(only) as Partial<Record<UsageDimension, string>>,
    limit: widthMs === undefined ? limit : MOST_USAGE,
  })
  const wanted = among === undefined ? undefined : new Set(among.map((values) => values.join('/')))
  return groups
    .map(({ values, start, sums }) => ({ name: values.join('/'), values, start, tally: tallyOfUsage({ sums }) }))
    .filter(({ name }) => wanted?.has(name) !== false)
}

/** Ids of backends hold no slash. */
export function instancePlace(id: string): { readonly backend: string; readonly sent: string } {
  const at = id.indexOf('/')
  return at === -1 ? { backend: id, sent: '' } : { backend: id.slice(0, at), sent: id.slice(at + 1) }
}
