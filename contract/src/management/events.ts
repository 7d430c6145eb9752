import { z } from 'zod'
import { listQuerySchema } from './list.ts'

/** Kind of an event → what it tells. */
export const EVENT_KINDS = {
  health: 'A backend is well, warming up or unwell, from now on',
  breaker: 'The circuit breaker of an instance opened, tries, or closed',
  credential: 'A backend refuses the credential, or takes it again',
  overload: 'The gateway is under more or less strain',
  override: 'Somebody took an instance out, or back in',
  config: 'Another config is in force',
  limit: 'Requests were refused for want of room in a limit, a quota or a queue',
  budget: 'A budget was changed, or a share of it that is to be warned of is spent',
  key: 'A key was made, changed or removed',
  team: 'A team was made, changed or removed',
  block: 'A block was made, changed or removed',
  alert: 'An alert began, or is over',
  decision: 'Where a request went, of a sample',
  job: 'Something that takes its time has gone on',
  start: 'The gateway has started',
  other: 'Something else',
} as const satisfies Readonly<Record<string, string>>
export type EventKind = keyof typeof EVENT_KINDS

export const EVENT_SEVERITIES = ['info', 'warning', 'critical'] as const
export type EventSeverity = (typeof EVENT_SEVERITIES)[number]

export const eventSchema = z.object({
  /** For `Last-Event-ID` and `since`. */
  id: z.string(),
  /** Counts up, over all events of this process. */
  sequence: z.int(),
  time: z.iso.datetime(),
  kind: z.enum(Object.keys(EVENT_KINDS) as [EventKind, ...EventKind[]]),
  /** What happened to it: `open`, `unhealthy`, `in-force`, `created` … */
  type: z.string(),
  severity: z.enum(EVENT_SEVERITIES),
  /** Id of what it is about: of a backend, an instance, a key …; '' where it is about the gateway. */
  subject: z.string(),
  data: z.unknown(),
})
export type GatewayEvent = z.output<typeof eventSchema>

/** Filters take several values with commas between them. */
export const eventQuerySchema = z.strictObject({
  ...listQuerySchema.shape,
  kind: z.string().max(200).optional(),
  severity: z.string().max(100).optional(),
  subject: z.string().max(2_000).optional(),
  /** After this time, or after the event with this id. */
  since: z.string().max(100).optional(),
})

export const EVENT_EXAMPLE: GatewayEvent = {
  id: 'pO1xQ2vR.118',
  sequence: 118,
  time: '2026-10-01T09:00:00.000Z',
  kind: 'breaker',
  type: 'open',
  severity: 'warning',
  subject: 'gpu-1/Qwen3-8B',
  data: { instance: 'gpu-1/Qwen3-8B', from: 'closed', to: 'open', reason: 'consecutive' },
}
