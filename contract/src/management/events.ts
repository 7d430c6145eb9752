import { z } from 'zod'
import { EVENT_KINDS, EVENT_SEVERITIES, type EventKind } from './event-names.ts'
import { listQuerySchema } from './list.ts'

export const eventSchema = z.object({
  /** For `Last-Event-ID` and `since`. */
  id: z.string(),
  /** Counts up, over all events of this process. */
  sequence: z.int(),
  time: z.iso.datetime(),
  kind: z.enum(Object.keys(EVENT_KINDS) as [EventKind, ...EventKind[]]),
  /** What happened to it: `open`, `unhealthy`, `in-force`, `created` ... */
  type: z.string(),
  severity: z.enum(EVENT_SEVERITIES),
  /** Id of what it is about: of a backend, an instance, a key ...; '' where it is about the gateway. */
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
