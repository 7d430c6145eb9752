import type { Series } from '@jairouter/contract/management/history'
import { seriesSchema } from '@jairouter/contract/management/history'
import { USAGE_DIMENSIONS, USAGE_SUMS, type UsageDimension, type UsageSum } from '@jairouter/contract/management/history-names'
import { usageAnswerSchema, usageQuerySchema, usageSeriesQuerySchema } from '@jairouter/contract/management/usage'
import type { z } from 'zod'
import type { Actor } from '../auth/actor.ts'
import type { HistoryStore, UsageGroup } from '../history/port.ts'
import { DAY_MS, HOUR_MS, noUsage, STEP_MS } from '../history/roll-up.ts'
import { isoTime } from '../lib/iso-time.ts'
import { invalidQuery } from './invalid-query.ts'
import { defineRoute, type AnyRoute } from './route.ts'
import { bucketTimes } from './series/bucket-times.ts'

export interface UsagePorts {
  readonly history: Pick<HistoryStore, 'usage'>
  /** Date of the prices that the config does not name. */
  readonly startingPricesOf: () => string | undefined
  /** Epoch milliseconds. */
  readonly now: () => number
}

const TAG = 'Usage'
const MOST_GROUPS = 10_000
const MOST_BUCKETS = 5_000
/** Lines of one measure. */
const MOST_LINES = 20
const OWN = 'Developers see what they have used themselves, whatever they ask for. Sums are kept by hour and day of UTC.'

const EXAMPLE_SUMS = { ...noUsage(), requests: 118, attempts: 120, in: 40_120, out: 9_004, total: 49_124, cost: 190_500_000 }

/** Who has used how much, and what it cost. */
export function usageRoutes(ports: UsagePorts): readonly AnyRoute[] {
  return [sumsRoute(ports), seriesRoute(ports)]
}

function sumsRoute({ history, startingPricesOf }: UsagePorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/usage',
    permission: 'usage.own',
    tag: TAG,
    summary: 'Requests, tokens and costs by key, user, team, model, backend, service',
    description: `${OWN} Costs are in billionths of a currency: to keep currencies apart, ask \`by\` currency too.`,
    query: usageQuerySchema,
    answers: { 200: { description: 'Sums, the greatest cost first', schema: usageAnswerSchema } },
    example: {
      answer: {
        items: [{ by: { model: 'smart' }, sums: EXAMPLE_SUMS }],
        total: EXAMPLE_SUMS,
        from: '2026-10-01T00:00:00.000Z',
        to: null,
        startingPricesOf: null,
        costUnit: '1e-9',
      },
    },
    async handle({ query, actor }) {
      const by = dimensionsOf(query.by)
      const { from, to, of } = rangeOf(query, query.group === 'hour')
      const groups = await history.usage({
        by,
        ...(query.group === 'none' ? {} : { step: query.group }),
        of,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        only: onlyOf(query, actor),
        limit: MOST_GROUPS,
      })
      const body: z.input<typeof usageAnswerSchema> = {
        items: groups.map(({ values, start, sums }) => ({
          by: Object.fromEntries(by.map((name, index) => [name, values[index] ?? ''])),
          ...(start === undefined ? {} : { start: isoTime(start) }),
          sums,
        })),
        total: totalOf(groups),
        from: from === undefined ? null : isoTime(from),
        to: to === undefined ? null : isoTime(to),
        startingPricesOf: startingPricesOf() ?? null,
        costUnit: '1e-9',
        ...(groups.length === MOST_GROUPS ? { partial: { reason: `There are more than ${MOST_GROUPS} groups` } } : {}),
      }
      return { body }
    },
  })
}

function seriesRoute({ history, now }: UsagePorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/usage/series',
    permission: 'usage.own',
    tag: TAG,
    summary: 'The same by time, for charts',
    description: `${OWN} Columnar: \`t\` are epoch seconds. The last two days by hour, or the last thirty by day, where no time is said.`,
    query: usageSeriesQuerySchema,
    answers: { 200: { description: 'A line for each measure and group', schema: seriesSchema } },
    example: { answer: { t: [1_790_000_000], lines: [{ key: 'requests smart', unit: 'requests', v: [118] }] } },
    async handle({ query, actor }) {
      const { step } = query
      const width = STEP_MS[step]
      const by = dimensionsOf(query.by)
      const measures = measuresOf(query.m)
      const to = Math.ceil((query.to === undefined ? now() + 1 : Date.parse(query.to)) / width) * width
      const from = query.from === undefined ? to - (step === 'hour' ? 48 : 30) * width : Math.floor(Date.parse(query.from) / width) * width
      const count = (to - from) / width
      if (count < 1 || count > MOST_BUCKETS) throw invalidQuery('from', `Expected from 1 to ${MOST_BUCKETS} steps between from and to`)
      const only = onlyOf(query, actor)
      const range = { from, to, of: step, only }
      const [groups, top] = await Promise.all([
        history.usage({ ...range, by, step, limit: 200_000 }),
        history.usage({ ...range, by, limit: MOST_LINES }),
      ])
      return { body: columnsOf({ groups, top, measures, from, width, count, now: now() }) }
    },
  })
}

interface Columns {
  readonly groups: readonly UsageGroup[]
  readonly top: readonly UsageGroup[]
  readonly measures: readonly UsageSum[]
  readonly from: number
  readonly width: number
  readonly count: number
  readonly now: number
}

function columnsOf({ groups, top, measures, from, width, count, now }: Columns): Series {
  const times = bucketTimes({ from, widthMs: width, count }, now)
  const lines = top.flatMap(({ values }) => {
    const name = values.join('|')
    const own = groups.filter((group) => group.values.join('|') === name)
    return measures.map((measure) => {
      const v = times.t.map(() => 0)
      for (const { start = from, sums } of own) v[Math.floor((start - from) / width)] = sums[measure]
      return { key: [measure, ...values].join(' '), unit: unitOf(measure), v }
    })
  })
  return { ...times, lines }
}

function unitOf(measure: UsageSum): string {
  if (measure === 'cost') return '1e-9'
  if (measure === 'ms') return 'ms'
  if (measure === 'audioSeconds') return 's'
  return ['in', 'cached', 'out', 'reasoning', 'total', 'estimatedTokens'].includes(measure) ? 'tokens' : 'requests'
}

/** To whole hours; to days, where that changes nothing, since there are fewer of them. */
function rangeOf(
  query: { readonly from?: string | undefined; readonly to?: string | undefined },
  byHour: boolean,
): { readonly from: number | undefined; readonly to: number | undefined; readonly of: 'hour' | 'day' } {
  const from = query.from === undefined ? undefined : Math.floor(Date.parse(query.from) / HOUR_MS) * HOUR_MS
  const to = query.to === undefined ? undefined : Math.ceil(Date.parse(query.to) / HOUR_MS) * HOUR_MS
  const isDays = !byHour && [from, to].every((time) => time === undefined || time % DAY_MS === 0)
  return { from, to, of: isDays ? 'day' : 'hour' }
}

type Filters = { readonly [Name in UsageDimension]?: string | undefined }

function onlyOf(query: Filters, actor: Actor | undefined): Partial<Record<UsageDimension, string>> {
  const given = USAGE_DIMENSIONS.flatMap((name) => (query[name] === undefined ? [] : [[name, query[name]] as const]))
  const only: Partial<Record<UsageDimension, string>> = Object.fromEntries(given)
  return actor?.kind === 'user' && actor.role !== 'developer' ? only : { ...only, user: actor?.kind === 'user' ? actor.name : '' }
}

function dimensionsOf(text: string): readonly UsageDimension[] {
  return listed('by', text, USAGE_DIMENSIONS)
}

function measuresOf(text: string): readonly UsageSum[] {
  return listed('m', text, USAGE_SUMS)
}

function listed<Name extends string>(parameter: string, text: string, known: readonly Name[]): readonly Name[] {
  const names = text.split(',').filter((name) => name !== '')
  const found = known.filter((name) => names.includes(name))
  const unknown = names.find((name) => !known.some((other) => other === name))
  if (unknown !== undefined) throw invalidQuery(parameter, `There is no "${unknown}"; there are ${known.join(', ')}`)
  return found
}

function totalOf(groups: readonly UsageGroup[]): ReturnType<typeof noUsage> {
  const total = noUsage()
  for (const { sums } of groups) for (const name of USAGE_SUMS) total[name] += sums[name]
  return total
}
