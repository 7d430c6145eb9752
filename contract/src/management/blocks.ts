import { z } from 'zod'
import { addressRange } from '../key.ts'
import { listAnswerSchema, listQuerySchema } from './list.ts'

const reason = z.string().max(1_000)
const expires = z.iso.datetime({ offset: true })
const id = z.string().min(1).max(256)

export const createBlockSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('address'), value: addressRange, reason: reason.optional(), expires: expires.optional() }),
  z.strictObject({ kind: z.enum(['key', 'session', 'user']), value: id, reason: reason.optional(), expires: expires.optional() }),
])

/** RFC 7396: what is not named stays, null takes away. */
export const patchBlockSchema = z.strictObject({ reason: reason.nullable().optional(), expires: expires.nullable().optional() })

export const blockSchema = z.object({
  id: z.string(),
  kind: z.enum(['address', 'key', 'session', 'user']),
  value: z.string(),
  /** Of `user`, where `value` was the name or the id of one: it holds for both. */
  user: z.object({ id: z.string(), name: z.string() }).optional(),
  reason: z.string().optional(),
  expires: z.string().optional(),
  status: z.enum(['active', 'expired']),
  createdAt: z.string(),
  createdBy: z.string(),
})
export type ShownBlock = z.output<typeof blockSchema>

export const blockListQuerySchema = listQuerySchema.extend({
  kind: z.string().max(100).optional(),
  value: z.string().max(256).optional(),
  status: z.string().max(100).optional(),
})
export const blockListSchema = listAnswerSchema(blockSchema)

export const BLOCK_EXAMPLE: ShownBlock = {
  id: 'x-7Fq2Rk9dWm1c',
  kind: 'address',
  value: '203.0.113.0/24',
  reason: 'guesses keys',
  expires: '2026-09-01T00:00:00Z',
  status: 'active',
  createdAt: '2026-08-21T11:00:00.000Z',
  createdBy: 'admin',
}
