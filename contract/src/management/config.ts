import { z } from 'zod'
import { duration } from '../units.ts'
import { effectSchema } from './effect.ts'
import { listAnswerSchema, listQuerySchema } from './list.ts'
import { problemDetailSchema } from './problem.ts'

const versionNumber = z.int().min(1)
const text = z.string().max(5 * 1024 ** 2)
const message = z.string().max(1_000)
/** From a second to a day. */
const confirmWithin = duration.refine((ms) => ms >= 1_000 && ms <= 86_400_000, 'expected a duration from 1s to 24h')

export const configVersionSchema = z.object({
  number: versionNumber,
  author: z.string(),
  /** ISO time. */
  time: z.string(),
  origin: z.enum(['file', 'api', 'rollback', 'scan']),
  message: z.string(),
  /** The version that it was made from; 0: none. */
  base: z.int(),
  /** Of a rollback: whose content it has. */
  restores: versionNumber.optional(),
  /** In force. */
  current: z.boolean(),
})
export type ShownVersion = z.output<typeof configVersionSchema>

/** YAML as written: with `${VAR}` and references to stored secrets, never with a secret. */
const texts = { text: z.string(), overlay: z.string().optional() }

export const configVersionTextSchema = configVersionSchema.extend(texts)
export const configVersionListSchema = listAnswerSchema(configVersionSchema)

export const versionListQuerySchema = listQuerySchema.extend({
  /** There is no other order: the newest first. */
  sort: z.enum(['-number']).optional(),
  origin: configVersionSchema.shape.origin.optional(),
  author: z.string().max(200).optional(),
  /** What `next` of the answer before says: versions below it. */
  cursor: z
    .string()
    .regex(/^\d{1,10}$/, 'expected what `next` of the answer before says')
    .optional(),
})

export const currentConfigSchema = z.object({
  version: configVersionSchema,
  ...texts,
  /** As data, the overlay laid over it, secrets masked. */
  written: z.record(z.string(), z.unknown()),
  managed: z.enum(['api', 'file']),
  /** Present while the version waits for its confirmation. */
  confirm: z.object({ by: z.string(), revertsTo: versionNumber }).optional(),
})

const configChangeSchema = z.object({
  op: z.enum(['added', 'removed', 'changed']),
  /** `backends[gpu-1].weight` */
  path: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  /** `moved`: a stored secret that goes, because its backend is another server now. */
  reason: z.literal('moved').optional(),
})

export const configDiffSchema = z.object({ changes: z.array(configChangeSchema), unified: z.string() })

export const validationSchema = configDiffSchema.extend({
  ok: z.boolean(),
  diagnostics: z.array(problemDetailSchema),
  /** What it would do to who asks, to limits, and to what is in flight. */
  effect: effectSchema.optional(),
})

const step = z.union([z.string(), z.int().min(0), z.strictObject({ id: z.string() }), z.strictObject({ name: z.string() })])
const path = z.array(step).max(32)
const edit = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('merge'), path, value: z.json() }),
  z.strictObject({ op: z.literal('put'), path, value: z.json() }),
  z.strictObject({ op: z.literal('remove'), path }),
])
const patch = z.record(z.string(), z.json())
const edits = z.array(edit).min(1).max(1_000)

/** Exactly one of these. */
const changes = { text: text.optional(), patch: patch.optional(), edits: edits.optional() }
const ONE = 'expected exactly one of text, patch, edits and draft'

export const validateConfigSchema = z
  .strictObject({ ...changes, draft: z.literal(true).optional(), base: versionNumber.optional() })
  .refine((body) => [body.text, body.patch, body.edits, body.draft].filter((one) => one !== undefined).length === 1, ONE)

export const applyConfigSchema = z
  .strictObject({ ...changes, draft: z.literal(true).optional(), message: message.optional(), confirmWithin: confirmWithin.optional() })
  .refine((body) => [body.text, body.patch, body.edits, body.draft].filter((one) => one !== undefined).length === 1, ONE)

export const rollbackSchema = z.strictObject({ message: message.optional(), confirmWithin: confirmWithin.optional() })
export const textQuerySchema = z.strictObject({ message: message.optional(), confirmWithin: confirmWithin.optional() })
export const exportQuerySchema = z.strictObject({ version: z.coerce.number().int().min(1).optional() })
export const diffQuerySchema = z.strictObject({ from: z.coerce.number().int().min(1), to: z.coerce.number().int().min(1).optional() })
export const blameQuerySchema = z.strictObject({ path: z.string().min(1).max(1_000) })
export const blameSchema = z.object({ path: z.string(), version: configVersionSchema, value: z.unknown() })

export const appliedSchema = validationSchema.extend({ version: configVersionSchema })

export const draftSchema = z.object({ text: z.string(), base: versionNumber, updatedAt: z.string(), changes: z.array(configChangeSchema) })
export const putDraftSchema = z.strictObject({ text, base: versionNumber.optional() })
export const patchDraftSchema = z
  .strictObject({ patch: patch.optional(), edits: edits.optional() })
  .refine((body) => (body.patch === undefined) !== (body.edits === undefined), 'expected exactly one of patch and edits')

export const VERSION_EXAMPLE: ShownVersion = {
  number: 42,
  author: 'ada',
  time: '2026-08-21T11:00:00.000Z',
  origin: 'api',
  message: 'More weight for gpu-1',
  base: 41,
  current: true,
}
const CHANGE_EXAMPLE = { op: 'changed' as const, path: 'backends[gpu-1].weight', before: 3, after: 5 }
export const DIFF_EXAMPLE = { changes: [CHANGE_EXAMPLE], unified: '--- v41\n+++ v42\n@@ -9 +9 @@\n-    weight: 3\n+    weight: 5\n' }
export const VALIDATION_EXAMPLE = { ok: true, diagnostics: [], ...DIFF_EXAMPLE }
export const TEXT_EXAMPLE =
  'backends:\n  - id: gpu-1\n    type: vllm\n    url: http://10.0.0.5:8000\n    apiKey: "${VLLM_KEY}"\n    weight: 5\n'
