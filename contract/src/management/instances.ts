import { z } from 'zod'
import { SERVICES } from '../names.ts'
import { duration } from '../units.ts'
import { listQuerySchema } from './list.ts'

const time = z.iso.datetime()

const HEALTH_STATUSES = ['unknown', 'healthy', 'warming', 'unhealthy'] as const
const OVERRIDE_KINDS = ['disabled', 'draining'] as const

/** What an operator said at run time; told apart from the config, which it does not change. */
export const overrideSchema = z.object({
  kind: z.enum(OVERRIDE_KINDS),
  by: z.string(),
  since: time,
  /** Left out where it holds until it is taken back. */
  until: time.optional(),
  reason: z.string().optional(),
})
export type Override = z.output<typeof overrideSchema>

export const instanceSchema = z.object({
  /** `backend/upstream-model`; may hold more slashes. */
  id: z.string(),
  backend: z.string(),
  /** The upstream's name. */
  model: z.string(),
  /** The public models that it serves. */
  routes: z.array(z.object({ service: z.enum(SERVICES), model: z.string(), weight: z.number(), priority: z.int() })),
  /** Whether a request could be sent to it now, and what is in the way. */
  available: z.boolean(),
  barredBy: z.enum(['override', 'unhealthy', 'credential', 'breaker', 'pause', 'limit', 'busy']).optional(),
  health: z.object({
    status: z.enum(HEALTH_STATUSES),
    /** Of the last change; left out before the first. */
    since: time.optional(),
    reason: z.string().optional(),
  }),
  /** Answers, but is still loading its model. */
  warming: z.boolean(),
  breaker: z.object({
    state: z.enum(['closed', 'open', 'half-open']),
    reason: z.enum(['consecutive', 'failure-rate', 'probe-failed']).optional(),
    openedAt: time.optional(),
    nextProbeAt: time.optional(),
    /** Failures in a row. */
    consecutive: z.int(),
    /** Of the window's calls. */
    failureRate: z.number(),
    samples: z.int(),
  }),
  /** It asked to be left alone. */
  pausedUntil: time.optional(),
  /** It refused the credential. */
  credentialParkedUntil: time.optional(),
  inFlight: z.int(),
  /** Of the backend; left out where it has none. */
  maxConcurrency: z.int().optional(),
  /** Milliseconds to the first token, by a peak EWMA; null while nothing is known. */
  latencyMs: z.number().nullable(),
  weight: z.number(),
  priority: z.int(),
  override: overrideSchema.optional(),
})
export type Instance = z.output<typeof instanceSchema>

export const INSTANCE_EXAMPLE: Instance = {
  id: 'gpu-1/Qwen/Qwen3-8B',
  backend: 'gpu-1',
  model: 'Qwen/Qwen3-8B',
  routes: [{ service: 'chat', model: 'smart', weight: 9, priority: 1 }],
  available: false,
  barredBy: 'override',
  health: { status: 'healthy', since: '2026-10-01T08:00:00.000Z' },
  warming: false,
  breaker: { state: 'closed', consecutive: 0, failureRate: 0, samples: 12 },
  inFlight: 2,
  maxConcurrency: 64,
  latencyMs: 180.5,
  weight: 9,
  priority: 1,
  override: { kind: 'draining', by: 'ada', since: '2026-10-01T09:00:00.000Z', until: '2026-10-01T09:30:00.000Z', reason: 'new driver' },
}

export const instanceQuerySchema = listQuerySchema.extend({
  backend: z.string().max(256).optional(),
  status: z.enum(HEALTH_STATUSES).optional(),
  available: z.stringbool().optional(),
})

export const INSTANCE_OPERATIONS = ['enable', 'disable', 'drain', 'probe', 'reset'] as const
export type InstanceOperation = (typeof INSTANCE_OPERATIONS)[number]

export const operationBodySchema = z
  .strictObject({
    /** How long a disable or drain holds; without it until `enable`. */
    for: duration.pipe(z.number().min(1_000, 'expected at least 1s')).optional(),
    reason: z.string().max(500).optional(),
  })
  .nullish()

export const probeAnswerSchema = z.object({
  /** `skipped`: the backend left the config in the meantime. */
  outcome: z.enum(['ok', 'warming', 'refused', 'failed', 'skipped']),
  reason: z.string().optional(),
  durationMs: z.number(),
})
export type ProbeAnswer = z.output<typeof probeAnswerSchema>

export const operationAnswerSchema = z.object({
  instance: instanceSchema.optional(),
  /** Of a drain: the job that ends when nothing is in flight any more. */
  job: z.string().optional(),
  /** Of a probe. */
  probe: probeAnswerSchema.optional(),
  /** Of a reset: what was in the way before. */
  reset: z.array(z.enum(['breaker', 'pause', 'credential'])).optional(),
})
