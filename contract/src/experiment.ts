import { z } from 'zod'
import { duration } from './units.ts'

const groupName = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/, 'expected a name of letters, digits, ".", "_" or "-"')
const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9a-zA-Z-]+$/, 'expected a header name')
const share = z.number().min(0).max(1)

const ruleSchema = z.strictObject({
  /** Who matches goes here. */
  group: groupName,
  /** The request has this header, with this value where one is given. */
  header: z.strictObject({ name: headerName, is: z.string().optional() }).optional(),
  /** The key has one of these tags. */
  tags: z.array(z.string().min(1)).min(1).optional(),
  /** The key is one of these. */
  keys: z.array(z.string().min(1)).min(1).optional(),
  /** Of those that match otherwise; who is in stays in. */
  share: share.optional(),
})

const stepsSchema = z.strictObject({
  /** The group that is to grow. */
  group: groupName,
  /** Its share of the traffic now; the others divide the rest by their weights. Changed by every step. */
  at: share,
  /** Shares that it goes through, one after another. */
  shares: z.array(share).min(1).max(20),
  /** How long a step lasts at least. */
  every: duration.default(600_000),
  /** Requests that the group must have had in a step before it is judged. */
  minimum: z.int().min(1).max(1_000_000).default(100),
  /** A higher share of failures takes the group out at once (`at: 0`). */
  maxErrorRate: share.default(0.05),
  /** As does a p95 of its durations that is this many times that of all the others. */
  maxLatencyRatio: z.number().min(1).max(1_000).optional(),
})

/** Traffic of one model, divided among groups of its targets. */
export const experimentSchema = z.strictObject({
  enabled: z.boolean().default(true),
  /** The first is what others are measured against, and has the targets that name no group. */
  groups: z
    .array(z.strictObject({ name: groupName, weight: z.number().min(0).max(1_000_000).default(1) }))
    .min(1)
    .max(10),
  /** What stays in one group; without it each request is assigned by itself. */
  sticky: z
    .string()
    .regex(/^(key|user|client-ip|header:[!#$%&'*+.^_`|~0-9a-zA-Z-]+)$/, 'expected key, user, client-ip or header:NAME')
    .optional(),
  /** In order, before the weights; the first that matches decides. */
  rules: z.array(ruleSchema).max(50).default([]),
  /** A copy of a share of the requests, whose answers nobody gets. */
  shadow: z.strictObject({ group: groupName, share, maxConcurrency: z.int().min(1).max(10_000).default(16) }).optional(),
  steps: stepsSchema.optional(),
})

export type ExperimentConfig = z.output<typeof experimentSchema>
