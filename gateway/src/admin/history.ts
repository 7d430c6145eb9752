import {
  facetAnswerSchema,
  facetQuerySchema,
  histogramQuerySchema,
  historyContentSchema,
  historyExportSchema,
  historyItemSchema,
  historyListSchema,
  historyQuerySchema,
  seriesSchema,
  type Series,
} from '@jairouter/contract/management/history'
import { FACET_FIELDS, type FacetField } from '@jairouter/contract/management/history-names'
import { z } from 'zod'
import { auditWrite } from '../auth/audit/audit-entry.ts'
import { EXPORT_TYPES } from '../auth/audit/export-audit.ts'
import type { Histogram, HistoryStore } from '../history/port.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { Store } from '../store/port.ts'
import { attemptAnswer, exportRows, readCursor, rowAnswer, writeCursor } from './history-answers.ts'
import { CONTENT_EXAMPLE, contentAnswer, contentOf, isDeveloper, isOwn, type ContentSettings } from './history-content.ts'
import { historyFilter } from './history-filter.ts'
import { invalidQuery } from './invalid-query.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'

export interface HistoryPorts {
  readonly history: HistoryStore
  /** For the audit. */
  readonly store: Pick<Store, 'commit'>
  /** Who may read what was said, and how long that is kept. */
  readonly contents: () => ContentSettings
  /** Epoch milliseconds. */
  readonly now: () => number
}

const TAG = 'History'
/** A list answers with what it has after this. */
const DEADLINE_MS = 250
/** Rows that facets look at, about, and histograms: a share of one in two is off by half a percent then. */
const FACET_ROWS = 12_500
const HISTOGRAM_ROWS = 100_000
const TOP = 20
const HOUR_MS = 3_600_000
const Q = '`q`: `field:value` (`,` or, `*` anything, `-` not), `field>n`, `field:a..b`, and words of the error, all of which must hold.'

/** Requests that are over. */
export function historyRoutes(ports: HistoryPorts): readonly AnyRoute[] {
  return [listRoute(ports), facetRoute(ports), histogramRoute(ports), exportRoute(ports), itemRoute(ports), contentRoute(ports)]
}

function listRoute({ history, now }: HistoryPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/history',
    permission: 'requests.read',
    tag: TAG,
    summary: 'Requests that are over, newest first',
    description: `${Q} Rows are there a moment after their requests end. A search that finds little stops with \`partial\`, and goes on with \`next\`.`,
    query: historyQuerySchema,
    answers: { 200: { description: 'Rows', schema: historyListSchema } },
    async handle({ query: { limit, cursor, sort: _sort, ...range } }) {
      const before = cursor === undefined ? undefined : readCursor(cursor)
      if (cursor !== undefined && before === undefined) throw new AdminProblem('invalid_query', 'The cursor is none of this list')
      const page = await history.page({
        filter: historyFilter(range),
        limit,
        deadlineMs: DEADLINE_MS,
        ...(before === undefined ? {} : { before }),
      })
      const body: z.input<typeof historyListSchema> = {
        items: page.rows.map(rowAnswer),
        ...(page.next === undefined ? {} : { next: writeCursor(page.next) }),
        total: null,
        asOf: isoTime(now()),
        ...(page.partial ? { partial: { reason: 'The search has stopped for want of time; go on with `next`' } } : {}),
      }
      return { body }
    },
  })
}

function itemRoute({ history, contents, now }: HistoryPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/history/:id',
    permission: 'requests.read',
    tag: TAG,
    summary: 'A request that is over, with its calls to model servers',
    description:
      'By `x-request-id`; the newest where clients have used it more than once. `content` tells whether what was said is kept, and whether you may read it.',
    params: z.object({ id: z.string().min(1).max(256) }),
    answers: { 200: { description: 'The row and its calls', schema: historyItemSchema } },
    async handle({ params: { id }, actor }) {
      const found = await history.find(id)
      if (found === undefined) throw new AdminProblem('not_found', 'There is no such request, or it is too long ago')
      const { request, attempts } = found
      const { state, reason } = await contentOf(request, { history, actor, settings: contents(), now: now() })
      return { body: { request: rowAnswer(request), attempts: attempts.map(attemptAnswer), content: { state, reason } } }
    },
  })
}

function contentRoute({ history, store, contents, now }: HistoryPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/history/:id/content',
    permission: 'contents.own',
    tag: TAG,
    summary: 'What a request and its answer said, where `capture` has had it kept',
    description:
      'Masked by all built-in matches, cut to `capture.maxBytes`, forgotten after `history.content.keep`. The roles in `history.content.readers` read those of everybody, the others their own. Each reading is in the audit log.',
    params: z.object({ id: z.string().min(1).max(256) }),
    answers: { 200: { description: 'The messages, or why there are none', schema: historyContentSchema } },
    example: { answer: CONTENT_EXAMPLE },
    async handle({ params: { id }, actor, origin }) {
      const found = await history.find(id)
      const settings = contents()
      // Whether there are requests of others is nothing that everybody may ask.
      if (found === undefined || (isDeveloper(actor) && !isOwn(found.request, actor)))
        throw new AdminProblem('not_found', 'There is no such request, or it is too long ago')
      const content = await contentOf(found.request, { history, actor, settings, now: now() })
      if (content.said !== undefined) {
        const after = { user: found.request.user, key: found.request.key }
        await store.commit([
          auditWrite(origin, { action: 'history.content', target: `history/${found.request.id}`, result: 'ok', after, time: now() }),
        ])
      }
      return { body: contentAnswer(content, settings) }
    },
  })
}

function facetRoute({ history, now }: HistoryPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/history/facets',
    permission: 'requests.read',
    tag: TAG,
    summary: 'The most frequent values of what was found',
    description: `${Q} Over more than ${2 * FACET_ROWS} rows a sample is counted, and \`rate\` says its share.`,
    query: facetQuerySchema,
    answers: { 200: { description: 'For each field its values, the most frequent first', schema: facetAnswerSchema } },
    example: { answer: { facets: { status: [{ value: '200', count: 118 }] }, rate: 1, asOf: '2026-10-01T09:00:00.000Z' } },
    async handle({ query: { fields: named, ...range } }) {
      const fields = named.split(',').map(facetField)
      const { counts, rate } = await history.facets({ filter: historyFilter(range), fields, mostRows: FACET_ROWS })
      const facets = Object.fromEntries([...counts].map(([field, values]) => [field, topOf(values)]))
      return { body: { facets, rate, asOf: isoTime(now()) } }
    },
  })
}

function facetField(name: string): FacetField {
  const field = FACET_FIELDS.find((known) => known === name)
  if (field !== undefined) return field
  throw invalidQuery('fields', `There is no facet "${name}"; there are ${FACET_FIELDS.join(', ')}`)
}

function topOf(values: ReadonlyMap<string, number>): readonly { readonly value: string; readonly count: number }[] {
  return [...values]
    .map(([value, count]) => ({ value, count }))
    .toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, TOP)
}

function histogramRoute({ history, now }: HistoryPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/history/histogram',
    permission: 'requests.read',
    tag: TAG,
    summary: 'How many were found, by time and outcome',
    description: `${Q} The last hour where no time is said. Columnar: \`t\` are the beginnings of the buckets in epoch seconds.`,
    query: histogramQuerySchema,
    answers: { 200: { description: 'One line for each class of status', schema: seriesSchema } },
    example: { answer: { t: [1_790_000_000], lines: [{ key: '2xx', unit: 'requests', v: [118] }], rate: 1 } },
    async handle({ query: { by, buckets, ...range } }) {
      const filter = historyFilter(range)
      const to = filter.to ?? now()
      const from = filter.from ?? to - HOUR_MS
      if (!(to > from)) throw new AdminProblem('invalid_query', 'to must be after from')
      const histogram = await history.histogram({ filter, from, to, buckets, mostRows: HISTOGRAM_ROWS })
      return { body: seriesOf(histogram, { from, to, by, now: now() }) }
    },
  })
}

function seriesOf(
  { counts, rate }: Histogram,
  { from, to, by, now }: { readonly from: number; readonly to: number; readonly by: 'none' | 'status'; readonly now: number },
): Series {
  const width = (to - from) / counts.length
  const t = counts.map((_, index) => Math.round(from + index * width) / 1_000)
  const classes = by === 'none' ? [] : [...new Set(counts.flatMap((values) => [...values.keys()]))].toSorted((a, b) => a - b)
  const total = {
    key: 'requests',
    unit: 'requests',
    v: counts.map((values) => [...values.values()].reduce((sum, count) => sum + count, 0)),
  }
  const lines = classes.map((hundreds) => ({
    key: hundreds === 0 ? 'none' : `${hundreds}xx`,
    unit: 'requests',
    v: counts.map((values) => values.get(hundreds) ?? 0),
  }))
  const last = t.at(-1)
  return { t, lines: by === 'none' ? [total] : lines, rate, ...(last !== undefined && to >= now ? { openFrom: last } : {}) }
}

function exportRoute({ history, store, now }: HistoryPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/history/export',
    permission: 'requests.read',
    tag: TAG,
    summary: 'What was found, newest first, as CSV or NDJSON',
    description: `${Q} Sent as it is read. Texts that a spreadsheet would take for a formula have an apostrophe before them in CSV.`,
    query: historyExportSchema,
    answers: { 200: { description: 'One row a line', type: 'application/x-ndjson' } },
    async handle({ query: { format, limit, ...range }, origin }) {
      const filter = historyFilter(range)
      await store.commit([
        auditWrite(origin, { action: 'history.export', target: 'history', result: 'ok', after: { format, limit, ...range }, time: now() }),
      ])
      const name = `jairouter-history-${isoTime(now()).slice(0, 10)}.${format}`
      return {
        stream: exportRows(history, filter, { format, limit }),
        headers: { 'content-type': EXPORT_TYPES[format], 'content-disposition': `attachment; filename="${name}"` },
      }
    },
  })
}
