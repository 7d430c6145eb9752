import { z } from 'zod'

const share = z.number().min(0).max(1).nullable()
const times = z.object({ p50: z.number().nullable(), p95: z.number().nullable() })

/** Of a span of time; milliseconds, null where there is nothing to tell. */
const ratesSchema = z.object({
  seconds: z.int(),
  requests: z.int(),
  perSecond: z.number(),
  errors: z.object({
    client: z.int(),
    limited: z.int(),
    left: z.int(),
    upstream: z.int(),
    timeout: z.int(),
    unavailable: z.int(),
    internal: z.int(),
  }),
  /** One for each request, but for those whose clients left, or asked for what can't be. */
  clientSuccess: share,
  attempts: z.int(),
  /** One for each call to a backend. */
  attemptSuccess: share,
  promptTokens: z.number(),
  completionTokens: z.number(),
  durationMs: times,
  firstByteMs: times,
})

export const overviewSchema = z.object({
  /** Requests that are being answered, and those of them that wait for room. */
  requests: z.int(),
  waiting: z.int(),
  /** How much strain the gateway itself is under. */
  level: z.string(),
  backends: z.object({ unknown: z.int(), healthy: z.int(), warming: z.int(), unhealthy: z.int() }),
  instances: z.object({
    total: z.int(),
    available: z.int(),
    /** Why -> how many. */
    barred: z.record(z.string(), z.int()),
  }),
  /** Number of the config version in force. */
  configVersion: z.int().nullable(),
  /** People who are signed in. */
  sessions: z.int().nullable(),
  lastMinute: ratesSchema,
  lastHour: ratesSchema,
  /** Of the history; null where it is not known. */
  lastDay: ratesSchema.nullable(),
})
export type Overview = z.output<typeof overviewSchema>

const RATES_EXAMPLE = {
  seconds: 60,
  requests: 1_200,
  perSecond: 20,
  errors: { client: 3, limited: 12, left: 1, upstream: 2, timeout: 0, unavailable: 0, internal: 0 },
  clientSuccess: 0.988,
  attempts: 1_190,
  attemptSuccess: 0.997,
  promptTokens: 610_000,
  completionTokens: 88_000,
  durationMs: { p50: 820, p95: 2_900 },
  firstByteMs: { p50: 140, p95: 460 },
} as const

export const OVERVIEW_EXAMPLE: Overview = {
  requests: 14,
  waiting: 0,
  level: 'calm',
  backends: { unknown: 0, healthy: 3, warming: 0, unhealthy: 1 },
  instances: { total: 5, available: 3, barred: { unhealthy: 1, override: 1 } },
  configVersion: 42,
  sessions: 2,
  lastMinute: RATES_EXAMPLE,
  lastHour: { ...RATES_EXAMPLE, seconds: 3_600, requests: 64_100, perSecond: 17.8 },
  lastDay: { ...RATES_EXAMPLE, seconds: 86_400, requests: 1_480_000, perSecond: 17.13 },
}
