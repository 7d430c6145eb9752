import { z } from 'zod'
import { identifier } from './identifiers.ts'
import { duration } from './units.ts'

/** What a rule looks at. */
export const ALERT_KINDS = [
  'error-rate',
  'latency',
  'breaker-open',
  'backend-down',
  'rejections',
  'budget',
  'queue-length',
  'new-failure',
  'failure-rate',
] as const
export type AlertKind = (typeof ALERT_KINDS)[number]

export const ALERT_SEVERITIES = ['critical', 'warning', 'info'] as const
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number]

/** Times that `latency` goes by. */
export const ALERT_TIMES = ['total', 'first-token', 'between-tokens', 'queue'] as const
export type AlertTime = (typeof ALERT_TIMES)[number]

/** The receiver that is always there. */
export const LOG_RECEIVER = 'log'

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9a-zA-Z-]+$/, 'expected a header name')
const labelName = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/, 'expected a letter, then letters, digits, "_" or "-"')
const labelText = z.string().min(1).max(256)

export const alertRuleSchema = z.strictObject({
  name: identifier.max(100),
  kind: z.enum(ALERT_KINDS),
  enabled: z.boolean().default(true),
  /** For people. */
  description: z.string().max(1_000).optional(),
  /** A share, a count or a rate a minute, as the kind has it. */
  above: z.number().min(0).max(1_000_000_000).optional(),
  /** Of `latency`. */
  of: z.enum(ALERT_TIMES).optional(),
  longerThan: duration.optional(),
  percentile: z.number().min(1).max(99.9).optional(),
  /** The time that is looked at. */
  window: duration.optional(),
  /** Requests in the window below which nothing is said. */
  minimum: z.int().min(1).max(1_000_000_000).optional(),
  /** Label -> values that the rule is for; `*` stands for anything. */
  only: z.record(labelName, labelText).default({}),
  /** How long it has to be so. */
  for: duration.default(0),
  severity: z.enum(ALERT_SEVERITIES).default('warning'),
  /** Added to those of the kind. */
  labels: z.record(labelName, labelText).default({}),
  /** Who is told; `alerts.notify` when left out. */
  receivers: z.array(identifier).max(20).optional(),
  /** How often it is told again while it lasts; 0s: once. */
  repeat: duration.optional(),
  /** Rules that keep this one quiet while they fire for the same thing. */
  inhibitedBy: z.array(identifier).max(20).default([]),
})

export const alertReceiverSchema = z.strictObject({
  name: identifier.max(100),
  url: z.url({ protocol: /^https?$/ }),
  /** Signs what is sent. */
  secret: z.string().min(16, 'expected at least 16 characters').max(1_000).optional(),
  headers: z.record(headerName, z.string()).default({}),
  /** For each try. */
  timeout: duration.default(10_000),
  /** Tries of one message. */
  attempts: z.int().min(1).max(10).default(5),
})

const DEFAULTS = { enabled: true, every: 15_000, builtin: true, notify: [LOG_RECEIVER], repeat: 14_400_000, rules: [], receivers: [] }

/** Conditions that are looked at inside of the gateway, and who is told of them. */
export const alertsSchema = z
  .strictObject({
    enabled: z.boolean().default(DEFAULTS.enabled),
    /** How often rules are looked at. */
    every: duration.default(DEFAULTS.every),
    /** The rules that come with the gateway hold, too. One of the config takes the place of that of its name. */
    builtin: z.boolean().default(DEFAULTS.builtin),
    /** Receivers of rules that name none. */
    notify: z.array(identifier).max(20).default(DEFAULTS.notify),
    repeat: duration.default(DEFAULTS.repeat),
    rules: z.array(alertRuleSchema).max(200).default([]),
    receivers: z.array(alertReceiverSchema).max(20).default([]),
  })
  .default(DEFAULTS)

export type AlertRuleConfig = z.output<typeof alertRuleSchema>
export type AlertRuleInput = z.input<typeof alertRuleSchema>
