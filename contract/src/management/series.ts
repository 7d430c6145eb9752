import { z } from 'zod'
import { SERVICES } from '../names.ts'
import { EVENT_KINDS, EVENT_SEVERITIES, type EventKind } from './event-names.ts'
import { listAnswerSchema, listQuerySchema } from './list.ts'
import { MEASURES, SERIES_GROUPS } from './measures.ts'

const text = z.string()
const time = z.iso.datetime()
const value = z.number().nullable()

const range = {
  from: z.iso.datetime({ offset: true }).optional(),
  /** Not included; now, where it is left out. */
  to: z.iso.datetime({ offset: true }).optional(),
}

const filters = {
  model: z.string().max(256).optional(),
  backend: z.string().max(256).optional(),
  service: z.enum(SERVICES).optional(),
  /** `backend/upstream-model` */
  instance: z.string().max(600).optional(),
}

const whose = { key: z.string().max(256).optional(), user: z.string().max(256).optional(), team: z.string().max(256).optional() }

/** Multiples of a minute. */
const step = z.string().regex(/^[1-9]\d{0,4}(m|h|d)$/, 'expected a step such as 1m, 15m, 1h or 1d')

export const seriesQuerySchema = z.strictObject({
  ...range,
  ...filters,
  ...whose,
  /** Measures with commas between them. */
  m: z.string().max(500).default('requests'),
  by: z.enum(['none', ...SERIES_GROUPS]).default('none'),
  /** Left out: such that there are about a hundred. */
  step: step.optional(),
  /** The time of the same length before, as lines of their own. */
  compare: z.enum(['previous']).optional(),
})

export const chartSchema = z.object({
  /** Beginnings, epoch seconds. */
  t: z.array(z.number()),
  lines: z.array(
    z.object({
      /** Measure, and the group after it. */
      key: text,
      m: text,
      group: text.nullable(),
      unit: text,
      v: z.array(value),
      /** Of the time before. */
      previous: z.literal(true).optional(),
    }),
  ),
  /** The bucket that has not ended yet begins here. */
  openFrom: z.number().optional(),
  /** Seconds. */
  step: z.int(),
})
export type Chart = z.output<typeof chartSchema>

export const CHART_EXAMPLE: Chart = {
  t: [1_790_000_000, 1_790_000_060],
  lines: [{ key: 'ttft.p95 smart', m: 'ttft.p95', group: 'smart', unit: 'ms', v: [410.2, null] }],
  openFrom: 1_790_000_060,
  step: 60,
}

export const topQuerySchema = z.strictObject({
  ...range,
  ...filters,
  ...whose,
  m: z.enum(Object.keys(MEASURES)).default('requests'),
  by: z.enum(SERIES_GROUPS).default('model'),
  limit: z.coerce.number().int().min(1).max(100).default(10),
})

export const topSchema = z.object({
  items: z.array(
    z.object({
      name: text,
      value: z.number(),
      /** Of all together; null for what can't be added up. */
      share: value,
    }),
  ),
  unit: text,
  total: value,
  from: time,
  to: time,
})
export type Top = z.output<typeof topSchema>

export const TOP_EXAMPLE: Top = {
  items: [{ name: 'smart', value: 118, share: 0.59 }],
  unit: 'requests',
  total: 200,
  from: '2026-10-01T00:00:00.000Z',
  to: '2026-10-02T00:00:00.000Z',
}

export const statisticsQuerySchema = z.strictObject({
  ...listQuerySchema.shape,
  ...range,
  ...filters,
  by: z.enum(['model', 'backend', 'service', 'instance']).default('model'),
})

const times = z.object({ avg: value, p50: value, p75: value, p90: value, p95: value, p99: value })

export const statisticSchema = z.object({
  name: text,
  requests: z.int(),
  perSecond: z.number(),
  errors: z.int(),
  clientSuccess: value,
  attempts: z.int(),
  attemptSuccess: value,
  tokensIn: z.int(),
  tokensOut: z.int(),
  tokens: z.int(),
  /** Billionths of a currency. */
  cost: z.number(),
  durationMs: times,
  ttftMs: times,
})
export type Statistic = z.output<typeof statisticSchema>

export const statisticsSchema = listAnswerSchema(statisticSchema).extend({ from: time, to: time })

const TIMES_EXAMPLE = { avg: 910.4, p50: 780.9, p75: 1_124.5, p90: 1_943.1, p95: 2_798.1, p99: 4_835.2 }
export const STATISTICS_EXAMPLE: z.output<typeof statisticsSchema> = {
  items: [
    {
      name: 'smart',
      requests: 118,
      perSecond: 0.03,
      errors: 2,
      clientSuccess: 0.99,
      attempts: 121,
      attemptSuccess: 0.97,
      tokensIn: 40_120,
      tokensOut: 9_004,
      tokens: 49_124,
      cost: 190_500_000,
      durationMs: TIMES_EXAMPLE,
      ttftMs: { avg: 180.2, p50: 140.6, p75: 202.5, p90: 291.6, p95: 349.9, p99: 503.9 },
    },
  ],
  total: { value: 1, exact: true },
  asOf: '2026-10-01T09:00:00.000Z',
  from: '2026-10-01T08:00:00.000Z',
  to: '2026-10-01T09:00:00.000Z',
}

export const annotationsQuerySchema = z.strictObject({ ...range, limit: z.coerce.number().int().min(1).max(1_000).default(200) })

export const annotationSchema = z.object({
  time,
  kind: z.enum(Object.keys(EVENT_KINDS) as [EventKind, ...EventKind[]]),
  type: text,
  severity: z.enum(EVENT_SEVERITIES),
  subject: text,
  data: z.unknown(),
})
export type Annotation = z.output<typeof annotationSchema>

export const annotationsSchema = z.object({ items: z.array(annotationSchema), from: time, to: time })

export const ANNOTATIONS_EXAMPLE: z.output<typeof annotationsSchema> = {
  items: [
    {
      time: '2026-10-01T08:20:00.000Z',
      kind: 'config',
      type: 'version',
      severity: 'info',
      subject: '42',
      data: { version: 42, author: 'ada', origin: 'api', message: 'more weight for gpu-2' },
    },
  ],
  from: '2026-10-01T08:00:00.000Z',
  to: '2026-10-01T09:00:00.000Z',
}

export const timelineQuerySchema = z.strictObject(range)

/** Worst first: what an instance was is the first of these that held. `unseen`: nothing was known of it. */
export const TIMELINE_STATES = [
  'disabled',
  'draining',
  'unhealthy',
  'credential-refused',
  'breaker-open',
  'breaker-half-open',
  'warming',
  'healthy',
  'unseen',
] as const

export const timelineSchema = z.object({
  intervals: z.array(z.object({ from: time, to: time, state: z.enum(TIMELINE_STATES), reason: text.nullable() })),
  from: time,
  to: time,
})
export type Timeline = z.output<typeof timelineSchema>

export const TIMELINE_EXAMPLE: Timeline = {
  intervals: [
    { from: '2026-10-01T08:00:00.000Z', to: '2026-10-01T08:21:10.000Z', state: 'healthy', reason: null },
    { from: '2026-10-01T08:21:10.000Z', to: '2026-10-01T08:21:15.000Z', state: 'breaker-open', reason: 'consecutive' },
    { from: '2026-10-01T08:21:15.000Z', to: '2026-10-01T09:00:00.000Z', state: 'healthy', reason: null },
  ],
  from: '2026-10-01T08:00:00.000Z',
  to: '2026-10-01T09:00:00.000Z',
}

export const heatmapQuerySchema = z.strictObject({
  ...range,
  metric: z.enum(['ttft', 'duration']).default('ttft'),
  step: step.optional(),
})

export const heatmapSchema = z.object({
  t: z.array(z.number()),
  /** Upper bounds of the classes of time, in milliseconds; each begins where the one before ends. */
  bounds: z.array(z.number()),
  /** For each class a count for each time. */
  counts: z.array(z.array(z.int())),
  openFrom: z.number().optional(),
  /** Seconds. */
  step: z.int(),
})
export type Heatmap = z.output<typeof heatmapSchema>

export const HEATMAP_EXAMPLE: Heatmap = {
  t: [1_790_000_000, 1_790_000_060],
  bounds: [123.2, 147.8],
  counts: [
    [4, 0],
    [9, 2],
  ],
  step: 60,
}
