import { z } from 'zod'

/** What an open request is doing: being read and let in, waiting for a turn or a retry, waiting for a connection, for the answer's beginning, or being answered. */
export const REQUEST_PHASES = ['admission', 'queue', 'connect', 'first-token', 'stream'] as const
export type RequestPhase = (typeof REQUEST_PHASES)[number]

export const activeRequestSchema = z.object({
  id: z.string(),
  /** ISO time. */
  since: z.string(),
  ageMs: z.number(),
  phase: z.enum(REQUEST_PHASES),
  endpoint: z.string(),
  model: z.string().nullable(),
  key: z.string().nullable(),
  client: z.string(),
  /** Of the call that is open, or was the last. */
  instance: z.string().nullable(),
  /** Calls so far. */
  attempt: z.int(),
  stream: z.boolean(),
})
export type ActiveRequest = z.output<typeof activeRequestSchema>

export const activeRequestQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(4_000).optional(),
  sort: z.string().max(100).optional(),
  q: z.string().max(200).optional(),
  phase: z.string().max(100).optional(),
  model: z.string().max(600).optional(),
  key: z.string().max(600).optional(),
  instance: z.string().max(600).optional(),
})
