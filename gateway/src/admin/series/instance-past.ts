import {
  HEATMAP_EXAMPLE,
  heatmapQuerySchema,
  heatmapSchema,
  TIMELINE_EXAMPLE,
  timelineQuerySchema,
  timelineSchema,
  type Heatmap,
} from '@jairouter/contract/management/series'
import { z } from 'zod'
import { classBound } from '../../lib/log-histogram.ts'
import { invalidQuery } from '../invalid-query.ts'
import type { LivePort } from '../live-port.ts'
import { withOverride, type OverrideDesk } from '../override-desk.ts'
import { AdminProblem, defineRoute, type AnyRoute } from '../route.ts'
import { bucketTimes } from './bucket-times.ts'
import { groupsOf, instancePlace, type Group, type SeriesHistory } from './groups.ts'
import { bucketsOf, type Buckets } from './span.ts'
import { countsOf, round } from './tally.ts'
import { TIMELINE_KINDS, timelineOf } from './timeline.ts'

export interface InstancePastPorts {
  readonly history: SeriesHistory
  readonly live: Pick<LivePort, 'instance'>
  readonly overrides: Pick<OverrideDesk, 'of'>
  /** Epoch milliseconds. */
  readonly now: () => number
}

const HOUR_MS = 3_600_000
/** Changes of an instance that are looked at: the last ones. */
const MOST_CHANGES = 5_000
const TAG = 'Instances'
const params = z.object({ '*': z.string().max(600).meta({ title: 'id' }) })

/** What an instance was like. */
export function instancePastRoutes(ports: InstancePastPorts): readonly AnyRoute[] {
  return [timelineRoute(ports), heatmapRoute(ports)]
}

function timelineRoute({ history, live, overrides, now }: InstancePastPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/instances/*/timeline',
    permission: 'instances.read',
    tag: TAG,
    summary: 'In which states an instance was, and why',
    description: 'The last hour where no time is said. With several gateways over one store, what each of them saw.',
    params,
    query: timelineQuerySchema,
    answers: { 200: { description: 'Intervals without gaps, oldest first', schema: timelineSchema } },
    example: { answer: TIMELINE_EXAMPLE },
    async handle({ params: { '*': id }, query }) {
      const to = Math.min(now(), query.to === undefined ? Infinity : Date.parse(query.to))
      const from = query.from === undefined ? to - HOUR_MS : Date.parse(query.from)
      if (!(to > from)) throw invalidQuery('from', 'Expected a time before now, and before to')
      const { backend } = instancePlace(id)
      const events = await history.events({ kinds: TIMELINE_KINDS, subjects: [id, backend, ''], limit: MOST_CHANGES })
      const found = live.instance(id)
      if (found === undefined && !events.some(({ subject }) => subject === id)) throw unknown()
      return { body: timelineOf({ events, instance: found && withOverride(found, overrides), from, to }) }
    },
  })
}

function heatmapRoute({ history, live, now }: InstancePastPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/instances/*/heatmap',
    permission: 'instances.read',
    tag: TAG,
    summary: 'How many requests took how long, by time',
    description:
      'Of requests that the instance answered, or was the last to fail. The last hour where no time is said; classes are a fifth wider each.',
    params,
    query: heatmapQuerySchema,
    answers: { 200: { description: 'Counts by class and time', schema: heatmapSchema } },
    example: { answer: HEATMAP_EXAMPLE },
    async handle({ params: { '*': id }, query: { metric, ...range } }) {
      const buckets = bucketsOf(range, { now: now(), defaultMs: HOUR_MS })
      const { widthMs, count } = buckets
      const groups = await groupsOf(history, {
        by: 'none',
        filters: { instance: id },
        span: buckets,
        widthMs,
        measures: ['ttft.p50'],
        limit: count,
      })
      if (live.instance(id) === undefined && groups.length === 0) throw unknown()
      return { body: heatmapOf(groups, { buckets, at: metric === 'ttft' ? 2 : 1, now: now() }) }
    },
  })
}

function heatmapOf(
  groups: readonly Group[],
  { buckets, at, now }: { readonly buckets: Buckets; readonly at: 1 | 2; readonly now: number },
): Heatmap {
  const columns = groups.map(({ start = buckets.from, tally }) => ({
    place: (start - buckets.from) / buckets.widthMs,
    counts: countsOf(tally.times, at),
  }))
  const used = [...new Set(columns.flatMap(({ counts }) => [...counts].flatMap((count, index) => (count > 0 ? [index] : []))))]
  const first = Math.min(...used)
  const classes = used.length === 0 ? [] : Array.from({ length: Math.max(...used) - first + 1 }, (_, index) => first + index)
  const empty = Array.from({ length: buckets.count }, () => 0)
  return {
    ...bucketTimes(buckets, now),
    bounds: classes.map((index) => round(classBound(index))),
    counts: classes.map((index) => {
      const row = [...empty]
      for (const { place, counts } of columns) row[place] = counts[index] ?? 0
      return row
    }),
    step: buckets.widthMs / 1_000,
  }
}

function unknown(): AdminProblem {
  return new AdminProblem('not_found', 'There is no such instance in the config in force, and nothing is known of one')
}
