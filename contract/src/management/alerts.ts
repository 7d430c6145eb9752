import { z } from 'zod'
import { ALERT_KINDS, ALERT_SEVERITIES, alertRuleSchema } from '../alerts.ts'
import { duration } from '../units.ts'
import { listAnswerSchema, listQuerySchema } from './list.ts'

const time = z.iso.datetime()
const labels = z.record(z.string(), z.string())

export const alertSchema = z.object({
  /** The same for the same rule and thing. */
  id: z.string(),
  rule: z.string(),
  kind: z.enum(ALERT_KINDS),
  severity: z.enum(ALERT_SEVERITIES),
  state: z.enum(['pending', 'firing', 'resolved']),
  /** Why nobody is told. */
  quiet: z.enum(['silenced', 'inhibited']).nullable(),
  labels,
  /** In the unit of `above`: a share, a count, a rate a minute, milliseconds. */
  value: z.number(),
  above: z.number(),
  summary: z.string(),
  description: z.string(),
  startedAt: time,
  firedAt: time.nullable(),
  endedAt: time.nullable(),
})
export type ShownAlert = z.output<typeof alertSchema>

const ALERT_EXAMPLE: ShownAlert = {
  id: 'backend-down|backend=gpu-1',
  rule: 'backend-down',
  kind: 'backend-down',
  severity: 'critical',
  state: 'firing',
  quiet: null,
  labels: { backend: 'gpu-1' },
  value: 1,
  above: 0,
  summary: 'The backend gpu-1 is out',
  description: '',
  startedAt: '2026-10-01T09:00:00.000Z',
  firedAt: '2026-10-01T09:02:00.000Z',
  endedAt: null,
}

export const alertListSchema = z.object({
  firing: z.array(alertSchema),
  pending: z.array(alertSchema),
  /** The last ones that are over, newest first. */
  resolved: z.array(alertSchema),
  /** When the rules were looked at; null: not since the start. They are not, while nothing happens. */
  lookedAt: time.nullable(),
  asOf: time,
})
export type AlertList = z.output<typeof alertListSchema>

export const ALERT_LIST_EXAMPLE: AlertList = {
  firing: [ALERT_EXAMPLE],
  pending: [],
  resolved: [],
  lookedAt: '2026-10-01T09:02:00.000Z',
  asOf: '2026-10-01T09:02:07.000Z',
}

export const alertRuleStateSchema = z.object({
  name: z.string(),
  kind: z.enum(ALERT_KINDS),
  severity: z.enum(ALERT_SEVERITIES),
  /** It came with the gateway. */
  builtin: z.boolean(),
  state: z.enum(['quiet', 'pending', 'firing']),
  pending: z.int(),
  firing: z.int(),
  /** Those that fire, and that nobody is told of. */
  silent: z.int(),
  above: z.number(),
  windowMs: z.int(),
  forMs: z.int(),
  repeatMs: z.int(),
  only: labels,
  labels,
  receivers: z.array(z.string()),
  inhibitedBy: z.array(z.string()),
})
export type AlertRuleState = z.output<typeof alertRuleStateSchema>

export const ALERT_RULE_EXAMPLE: AlertRuleState = {
  name: 'backend-down',
  kind: 'backend-down',
  severity: 'critical',
  builtin: true,
  state: 'firing',
  pending: 0,
  firing: 1,
  silent: 0,
  above: 0,
  windowMs: 300_000,
  forMs: 120_000,
  repeatMs: 14_400_000,
  only: {},
  labels: {},
  receivers: ['log'],
  inhibitedBy: [],
}

export const alertRuleListSchema = listAnswerSchema(alertRuleStateSchema)

export const testRuleSchema = z
  .strictObject({
    /** One that is in no config yet. */
    rule: alertRuleSchema.optional(),
    /** One that holds. */
    name: z.string().max(100).optional(),
    /** The last hour when left out. */
    range: z.strictObject({ from: z.iso.datetime({ offset: true }), to: z.iso.datetime({ offset: true }).optional() }).optional(),
  })
  .refine(({ rule, name }) => (rule === undefined) !== (name === undefined), 'expected exactly one of rule and name')

export const ruleTestSchema = z.object({
  /** What could be looked at; null where only the present is known of its kind. */
  covered: z.object({ from: time, to: time }).nullable(),
  /** Where `covered` is less than was asked for: why. */
  reason: z.string().optional(),
  /** Requests, or events, that were looked at. */
  looked: z.int(),
  /** When it would have fired. */
  firings: z.array(z.object({ labels, value: z.number(), startedAt: time, firedAt: time, endedAt: time.nullable() })),
  /** Messages that would have been sent. */
  notices: z.int(),
  /** What it finds just now, whatever its `for`. */
  now: z.array(z.object({ labels, value: z.number() })),
})
export type RuleTest = z.output<typeof ruleTestSchema>

export const RULE_TEST_EXAMPLE: RuleTest = {
  covered: { from: '2026-10-01T08:00:00.000Z', to: '2026-10-01T09:00:00.000Z' },
  looked: 1_204,
  firings: [
    {
      labels: { service: 'chat', model: 'smart' },
      value: 0.08,
      startedAt: '2026-10-01T08:10:00.000Z',
      firedAt: '2026-10-01T08:12:00.000Z',
      endedAt: '2026-10-01T08:20:00.000Z',
    },
  ],
  notices: 2,
  now: [],
}

const match = z
  .record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/, 'expected rule, severity or the name of a label'), z.string().min(1).max(256))
  .refine((given) => Object.keys(given).length > 0, 'expected at least one of rule, severity and labels')

export const silenceSchema = z.object({
  id: z.string(),
  match: labels,
  reason: z.string(),
  by: z.string(),
  createdAt: time,
  until: time,
})
export type ShownSilence = z.output<typeof silenceSchema>

export const SILENCE_EXAMPLE: ShownSilence = {
  id: 'q-0c6f2a52-3a51-4a3c-9d0a-7d53a2f7c1de',
  match: { backend: 'gpu-1' },
  reason: 'New driver',
  by: 'ada',
  createdAt: '2026-10-01T09:00:00.000Z',
  until: '2026-10-01T11:00:00.000Z',
}

/** From a second to 30 days. */
const quietFor = duration.refine((ms) => ms >= 1_000 && ms <= 2_592_000_000, 'expected a duration from 1s to 720h')

export const createSilenceSchema = z.strictObject({ match, for: quietFor, reason: z.string().max(1_000).default('') })
export const silenceListSchema = listAnswerSchema(silenceSchema)

export const receiverStateSchema = z.object({
  name: z.string(),
  sent: z.int(),
  failed: z.int(),
  dropped: z.int(),
  retried: z.int(),
  waiting: z.int(),
  lastSentAt: time.nullable(),
  lastError: z.object({ at: time, why: z.string() }).nullable(),
})
export const receiverListSchema = listAnswerSchema(receiverStateSchema)
export const RECEIVER_EXAMPLE: z.output<typeof receiverStateSchema> = {
  name: 'ops',
  sent: 12,
  failed: 1,
  dropped: 0,
  retried: 4,
  waiting: 0,
  lastSentAt: '2026-10-01T09:02:00.000Z',
  lastError: null,
}

export const receiverTestSchema = z.object({ ok: z.boolean(), why: z.string().optional(), ms: z.number() })

const mute = z.object({ by: z.string(), since: time, until: time.nullable(), reason: z.string() })

export const failureSchema = z.object({
  /** Its fingerprint: the same for the same failure, also after a restart. */
  id: z.string(),
  service: z.string(),
  model: z.string(),
  /** The one that was asked last. */
  backend: z.string(),
  status: z.int(),
  code: z.string(),
  /** Whose fault it is. */
  class: z.enum(['client', 'limited', 'upstream', 'timeout', 'unavailable', 'internal']),
  /** The cause, without ids, numbers, hosts and what was quoted. */
  message: z.string(),
  /** Of calls whose requests were answered after all. */
  hidden: z.boolean(),
  count: z.int(),
  firstSeen: time,
  lastSeen: time,
  /** Ids of requests, the newest first. */
  examples: z.array(z.string()),
  /** In the last five minutes. */
  perMinute: z.number(),
  mute: mute.nullable(),
})
export type ShownFailure = z.output<typeof failureSchema>

export const FAILURE_EXAMPLE: ShownFailure = {
  id: '8f14e45fceea167a',
  service: 'chat',
  model: 'smart',
  backend: 'gpu-1',
  status: 502,
  code: 'upstream_error',
  class: 'upstream',
  message: 'upstream answered #: CUDA out of memory',
  hidden: false,
  count: 41,
  firstSeen: '2026-10-01T08:12:09.120Z',
  lastSeen: '2026-10-01T09:01:58.004Z',
  examples: ['0c6f2a52-3a51-4a3c-9d0a-7d53a2f7c1de'],
  perMinute: 2.4,
  mute: null,
}

export const failureListQuerySchema = listQuerySchema.extend({
  service: z.string().max(200).optional(),
  model: z.string().max(500).optional(),
  backend: z.string().max(500).optional(),
  status: z.string().max(100).optional(),
  code: z.string().max(500).optional(),
  class: z.string().max(200).optional(),
  hidden: z.enum(['true', 'false']).optional(),
  muted: z.enum(['true', 'false']).optional(),
})
export const failureListSchema = listAnswerSchema(failureSchema)
export const muteFailureSchema = z.strictObject({ reason: z.string().max(1_000).default(''), for: quietFor.optional() })
