import { z } from 'zod'

const AUDIT_RESULTS = ['ok', 'refused', 'failed'] as const

export const auditRowSchema = z.object({
  sequence: z.int(),
  time: z.iso.datetime(),
  by: z.string(),
  actor: z.object({ kind: z.string(), id: z.string().optional(), name: z.string().optional(), role: z.string().optional() }),
  address: z.string().optional(),
  requestId: z.string().optional(),
  action: z.string(),
  target: z.string().optional(),
  result: z.enum(AUDIT_RESULTS),
  /** Of a refusal. */
  code: z.string().optional(),
  message: z.string().optional(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  /** Of the chain. */
  hash: z.string(),
})
export type AuditRow = z.output<typeof auditRowSchema>

const filters = {
  /** Name or id of who did it, or `file`, `cli`, `system`. */
  actor: z.string().max(256).optional(),
  /** `key.revoke`, or `key.*` for all of a noun. */
  action: z.string().max(256).optional(),
  /** `backends/gpu-1`, or `backends/*`. */
  target: z.string().max(600).optional(),
  result: z.enum(AUDIT_RESULTS).optional(),
  address: z.string().max(64).optional(),
  /** From this time on. */
  from: z.iso.datetime({ offset: true }).optional(),
  /** Before this time. */
  to: z.iso.datetime({ offset: true }).optional(),
  /** Entries that hold this text, whatever its case. */
  q: z.string().max(200).optional(),
}

export const auditFilterSchema = z.strictObject(filters)
export type AuditFilter = z.output<typeof auditFilterSchema>

export const auditQuerySchema = z.strictObject({
  ...filters,
  limit: z.coerce.number().int().min(1).max(500).default(50),
  /** There is no other order: the newest first. */
  sort: z.enum(['-sequence']).optional(),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'expected what `next` of the answer before says')
    .optional(),
})

export const auditExportSchema = z.strictObject({ ...filters, format: z.enum(['csv', 'ndjson']).default('ndjson') })

export const auditVerdictSchema = z.object({
  ok: z.boolean(),
  /** Entries that were looked at. */
  entries: z.int(),
  /** The first that is missing, or is not what was written. */
  brokenAt: z.int().optional(),
})
export type AuditVerdict = z.output<typeof auditVerdictSchema>

export const AUDIT_EXAMPLE: AuditRow = {
  sequence: 118,
  time: '2026-10-01T09:00:00.000Z',
  by: 'ada',
  actor: { kind: 'user', id: 'u-1', name: 'ada', role: 'operator' },
  address: '10.1.2.3',
  requestId: '6f1e0e5c-55a3-4f2e-9d1c-0a3b8a9f6b1d',
  action: 'backend.update',
  target: 'backends/gpu-1',
  result: 'ok',
  before: { weight: 1 },
  after: { weight: 3 },
  hash: '5b0d1a6b0d8f4d1c9f9a3a4c2a7e6d1f5b0d1a6b0d8f4d1c9f9a3a4c2a7e6d1f',
}
