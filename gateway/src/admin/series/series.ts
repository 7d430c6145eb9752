import { MEASURES } from '@jairouter/contract/management/measures'
import {
  CHART_EXAMPLE,
  chartSchema,
  seriesQuerySchema,
  STATISTICS_EXAMPLE,
  statisticsQuerySchema,
  statisticsSchema,
  TOP_EXAMPLE,
  topQuerySchema,
  topSchema,
  type Chart,
  type Statistic,
  type Top,
} from '@jairouter/contract/management/series'
import type { z } from 'zod'
import { isoTime } from '../../lib/iso-time.ts'
import { invalidQuery } from '../invalid-query.ts'
import { listPage } from '../list-page.ts'
import { defineRoute, type AnyRoute } from '../route.ts'
import { bucketTimes } from './bucket-times.ts'
import { groupsOf, isByWho, type Group, type GroupFilters, type GroupQuery, type SeriesHistory } from './groups.ts'
import { bucketsOf, spanOf, type Buckets, type Span } from './span.ts'
import { addTallies, clientSuccess, isAdditive, isOfUsage, measureOf, NO_TALLY, round, share, type Tally } from './tally.ts'

export interface SeriesPorts {
  readonly history: SeriesHistory
  /** Epoch milliseconds. */
  readonly now: () => number
}

const TAG = 'Statistics'
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Groups of one chart: those with the most requests. */
const MOST_LINES = 20
const MOST_GROUPS = 10_000
/** Also where there was nothing. */
const EVERYTHING: Group = { name: '', values: [], start: undefined, tally: NO_TALLY }
const ABOUT = [
  'Sums are kept by minute for 6 hours, by 15 minutes for 8 days, and by hour and day for as long as usage is; `from` and `to` are moved outwards to whole ones.',
  'Percentiles come from classes of times that are a fifth wider each: they are off by 10 % at most between 1 ms and 17 minutes. By `key`, `user` and `team` there are',
  'hours and days without percentiles.',
].join('\n')

/** Charts, top lists and statistics. */
export function seriesRoutes(ports: SeriesPorts): readonly AnyRoute[] {
  return [chartRoute(ports), topRoute(ports), statisticsRoute(ports)]
}

function chartRoute({ history, now }: SeriesPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/series',
    permission: 'overview.read',
    tag: TAG,
    summary: 'Measures by time, for charts',
    description: `Columnar: \`t\` are beginnings in epoch seconds. The last hour where no time is said; the ${MOST_LINES} groups with the most requests. Measures: ${Object.keys(MEASURES).join(', ')}.\n${ABOUT}`,
    query: seriesQuerySchema,
    answers: { 200: { description: 'A line for each measure and group', schema: chartSchema } },
    example: { answer: CHART_EXAMPLE },
    async handle({ query }) {
      const { by, m, compare, from, to, step, ...filters } = query
      const measures = measuresOf(m, isByWho(by, filters))
      const buckets = bucketsOf(
        { from, to, step },
        {
          now: now(),
          defaultMs: isByWho(by, filters) ? 2 * DAY_MS : HOUR_MS,
          coarse: isByWho(by, filters),
          ...(compare === undefined ? {} : { reachMs: (spanMs: number) => spanMs }),
        },
      )
      const asked = { by, filters, measures }
      const found = await groupsOf(history, { by, filters, span: buckets, measures: [], limit: MOST_LINES })
      const top = by === 'none' ? [EVERYTHING] : found
      const lines = await linesOf(history, { ...asked, buckets, top })
      const shiftMs = buckets.to - buckets.from
      const earlier = { ...buckets, from: buckets.from - shiftMs, to: buckets.from }
      const before = compare === undefined ? [] : await linesOf(history, { ...asked, buckets: earlier, top })
      const body: z.input<typeof chartSchema> = {
        ...bucketTimes(buckets, now()),
        lines: [...lines, ...before.map((line) => ({ ...line, previous: true as const }))],
        step: buckets.widthMs / 1_000,
      }
      return { body }
    },
  })
}

interface LineQuery {
  readonly by: GroupQuery['by']
  readonly filters: GroupFilters
  readonly measures: readonly string[]
  readonly buckets: Buckets
  readonly top: readonly Group[]
}

async function linesOf(history: SeriesHistory, { by, filters, measures, buckets, top }: LineQuery): Promise<Chart['lines']> {
  const { from, widthMs, count } = buckets
  const groups = await groupsOf(history, {
    by,
    filters,
    span: buckets,
    widthMs,
    among: top.map(({ values }) => values),
    measures,
    limit: (top.length + 1) * count,
  })
  const tallies = new Map(top.map(({ name }) => [name, new Map<number, Tally>()]))
  for (const { name, start = from, tally } of groups) {
    const own = tallies.get(name)
    const index = Math.floor((start - from) / widthMs)
    const known = own?.get(index)
    own?.set(index, known === undefined ? tally : addTallies(known, tally))
  }
  return [...tallies].flatMap(([name, own]) =>
    measures.map((measure) => ({
      key: by === 'none' ? measure : `${measure} ${name}`,
      m: measure,
      group: by === 'none' ? null : name,
      unit: MEASURES[measure] ?? '',
      v: Array.from({ length: count }, (_, index) => measureOf(measure, own.get(index) ?? NO_TALLY, widthMs / 1_000)),
    })),
  )
}

function measuresOf(text: string, isOfWho: boolean): readonly string[] {
  const names = [...new Set(text.split(',').filter((name) => name !== ''))]
  if (names.length === 0) throw invalidQuery('m', 'Expected at least one measure')
  for (const name of names) checkMeasure(name, isOfWho)
  return names
}

function checkMeasure(name: string, isOfWho: boolean): void {
  if (MEASURES[name] === undefined) throw invalidQuery('m', `There is no measure "${name}"; there are ${Object.keys(MEASURES).join(', ')}`)
  if (isOfWho && !isOfUsage(name)) throw invalidQuery('m', `"${name}" is not kept by key, user or team`)
}

function topRoute({ history, now }: SeriesPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/top',
    permission: 'overview.read',
    tag: TAG,
    summary: 'The greatest of a measure, by model, backend, service, instance, key, user or team',
    description: `Of the last day where no time is said.\n${ABOUT}`,
    query: topQuerySchema,
    answers: { 200: { description: 'The greatest first', schema: topSchema } },
    example: { answer: TOP_EXAMPLE },
    async handle({ query }) {
      const { by, m, limit, from, to, ...filters } = query
      const isOfWho = isByWho(by, filters)
      checkMeasure(m, isOfWho)
      const span = spanOf({ from, to }, { now: now(), defaultMs: DAY_MS, coarse: isOfWho })
      const groups = await groupsOf(history, { by, filters, span, measures: [m], limit: MOST_GROUPS })
      return { body: topOf(groups, { measure: m, limit, span }) }
    },
  })
}

function topOf(
  groups: readonly Group[],
  { measure, limit, span }: { readonly measure: string; readonly limit: number; readonly span: Span },
): Top {
  const seconds = (span.to - span.from) / 1_000
  const valued = groups.flatMap(({ name, tally }) => {
    const value = measureOf(measure, tally, seconds)
    return value === null ? [] : [{ name, value }]
  })
  const total = isAdditive(measure) ? valued.reduce((sum, { value }) => sum + value, 0) : null
  return {
    items: valued
      .toSorted((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1))
      .slice(0, limit)
      .map(({ name, value }) => ({ name, value, share: total === null ? null : share(value, total) })),
    unit: MEASURES[measure] ?? '',
    total,
    ...shown(span),
  }
}

const FIELDS = {
  name: ({ name }: Statistic) => name,
  requests: ({ requests }: Statistic) => requests,
  errors: ({ errors }: Statistic) => errors,
  clientSuccess: ({ clientSuccess: value }: Statistic) => value ?? undefined,
  attempts: ({ attempts }: Statistic) => attempts,
  attemptSuccess: ({ attemptSuccess }: Statistic) => attemptSuccess ?? undefined,
  tokens: ({ tokens }: Statistic) => tokens,
  cost: ({ cost }: Statistic) => cost,
  duration: ({ durationMs }: Statistic) => durationMs.p95 ?? undefined,
  ttft: ({ ttftMs }: Statistic) => ttftMs.p95 ?? undefined,
}

function statisticsRoute({ history, now }: SeriesPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/statistics',
    permission: 'overview.read',
    tag: TAG,
    summary: 'What models, backends, services or instances did in a time',
    description: `The last hour where no time is said. \`sort\` by ${Object.keys(FIELDS).join(', ')} (\`duration\` and \`ttft\`: by p95). \`clientSuccess\` is by request, \`attemptSuccess\` by call to a backend.\n${ABOUT}`,
    query: statisticsQuerySchema,
    answers: { 200: { description: 'Most requests first', schema: statisticsSchema } },
    example: { answer: STATISTICS_EXAMPLE },
    async handle({ query }) {
      const { by, from, to, model, backend, service, instance, ...list } = query
      const span = spanOf({ from, to }, { now: now(), defaultMs: HOUR_MS })
      const filters = { model, backend, service, instance }
      const groups = await groupsOf(history, { by, filters, span, measures: Object.keys(MEASURES), limit: MOST_GROUPS })
      const items = groups.map((group) => statisticOf(group, (span.to - span.from) / 1_000))
      return {
        body: { ...listPage(items, list, { fields: FIELDS, id: ({ name }) => name, sort: '-requests', now: now() }), ...shown(span) },
      }
    },
  })
}

function statisticOf({ name, tally }: Group, seconds: number): Statistic {
  const time = (which: 'duration' | 'ttft', part: string) => measureOf(`${which}.${part}`, tally, seconds)
  const times = (which: 'duration' | 'ttft') => ({
    avg: time(which, 'avg'),
    p50: time(which, 'p50'),
    p75: time(which, 'p75'),
    p90: time(which, 'p90'),
    p95: time(which, 'p95'),
    p99: time(which, 'p99'),
  })
  return {
    name,
    requests: tally.requests,
    perSecond: round(tally.requests / seconds),
    errors: tally.errors,
    clientSuccess: clientSuccess(tally),
    attempts: tally.more?.judged ?? 0,
    attemptSuccess: share(tally.more?.succeeded, tally.more?.judged),
    tokensIn: tally.tokensIn,
    tokensOut: tally.tokensOut,
    tokens: tally.tokens,
    cost: tally.cost,
    durationMs: times('duration'),
    ttftMs: times('ttft'),
  }
}

function shown({ from, to }: Span): { readonly from: string; readonly to: string } {
  return { from: isoTime(from), to: isoTime(to) }
}
