import { z } from 'zod'
import { LIMIT_COUNTS, LIMIT_SCOPES } from '../names.ts'
import { listQuerySchema } from './list.ts'

const levelSchema = z.object({
  /** Whole requests or tokens. */
  limit: z.number(),
  remaining: z.number(),
  /** Until it is full again. */
  resetMs: z.number(),
})

export const liveLimitSchema = levelSchema.extend({
  id: z.string(),
  /** Where it stands in the config: `defaults`, `service chat`, `model chat smart`, `key ci`, `backend gpu-1`. */
  place: z.string(),
  by: z.enum(LIMIT_SCOPES),
  count: z.enum(LIMIT_COUNTS),
  algorithm: z.string(),
  /** How many are counted apart; `limit`, `remaining` and `resetMs` are those of the tightest. */
  subjects: z.int(),
  tightest: z.array(levelSchema.extend({ subject: z.string() })),
})
export type LiveLimit = z.output<typeof liveLimitSchema>

export const LIMIT_EXAMPLE: LiveLimit = {
  id: 'service chat client-ip requests {"algorithm":"sliding-window","limit":60,"windowMs":60000}',
  place: 'service chat',
  by: 'client-ip',
  count: 'requests',
  algorithm: 'sliding-window',
  limit: 60,
  remaining: 3,
  resetMs: 41_200,
  subjects: 118,
  tightest: [{ subject: '10.1.2.3', limit: 60, remaining: 3, resetMs: 41_200 }],
}

export const limitQuerySchema = listQuerySchema.extend({
  by: z.enum(LIMIT_SCOPES).optional(),
  /** How many of the tightest subjects are named for each. */
  top: z.coerce.number().int().min(0).max(100).default(5),
})
