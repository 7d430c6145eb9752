import { z } from 'zod'
import { contentReferences } from '../content-rules.ts'
import { addressRange, label } from '../key.ts'
import { identifier, modelName } from '../identifiers.ts'
import { writtenLimitSchema } from '../limit.ts'
import { BANDS, SERVICES } from '../names.ts'
import { durationText } from '../units.ts'
import { listAnswerSchema, listQuerySchema } from './list.ts'

const note = z.string().max(1_000)
const isoTime = z.iso.datetime({ offset: true })
const models = z.array(z.string().min(1).max(256)).max(1_000)
const tags = z.array(label).max(50)
const services = z.array(z.enum(SERVICES)).min(1)
const addresses = z.array(addressRange).min(1).max(1_000)
const limits = z.array(writtenLimitSchema).max(50)
const hash = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits')

/** What a key may do and whose it is, as it is written. */
export const keyTermsSchema = z.strictObject({
  name: identifier,
  enabled: z.boolean().optional(),
  models: models.optional(),
  services: services.optional(),
  /** CIDRs of clients. */
  addresses: addresses.optional(),
  priority: z.enum(BANDS).optional(),
  limits: limits.optional(),
  expires: isoTime.optional(),
  owner: label.optional(),
  team: identifier.optional(),
  tags: tags.optional(),
  /** Names of content rules of the config. */
  content: contentReferences.optional(),
  /** Whether contents are kept, whatever the policy of the model says. */
  capture: z.boolean().optional(),
  note: note.optional(),
})
export type KeyTerms = z.output<typeof keyTermsSchema>

/** RFC 7396: what is not named stays, null takes away. */
export const patchKeySchema = z.strictObject({
  name: identifier.optional(),
  enabled: z.boolean().optional(),
  models: models.optional(),
  services: services.nullable().optional(),
  addresses: addresses.nullable().optional(),
  priority: z.enum(BANDS).optional(),
  limits: limits.nullable().optional(),
  expires: isoTime.nullable().optional(),
  owner: label.nullable().optional(),
  team: identifier.nullable().optional(),
  tags: tags.nullable().optional(),
  content: contentReferences.nullable().optional(),
  capture: z.boolean().nullable().optional(),
  note: note.nullable().optional(),
})

const times = { createdAt: z.string(), createdBy: z.string() }

/** A key without the key. */
export const keySchema = keyTermsSchema.extend({
  id: z.string(),
  /** `config`: from the config, and changed there. */
  source: z.enum(['store', 'config']),
  status: z.enum(['active', 'disabled', 'expired']),
  /** Last characters of the key; not known of those from the config. */
  last4: z.string().optional(),
  createdAt: z.string().optional(),
  createdBy: z.string().optional(),
  /** Until when the key before it still works, after a rotation. */
  previousValidUntil: z.string().optional(),
  lastUsed: z.object({ time: z.string(), address: z.string() }).optional(),
})
export type ShownKey = z.output<typeof keySchema>

/** The only time that the key itself is told. */
export const createdKeySchema = keySchema.extend({ key: z.string() })

export const rotateKeySchema = z.strictObject({
  /** How long the key before it still works. */
  overlap: durationText.default('0s'),
})

/** A key as it is taken from one gateway to another: by its digest. */
export const exportedKeySchema = keyTermsSchema.extend({
  id: z.string().min(1).max(100).optional(),
  hash,
  last4: z.string().max(4).optional(),
  createdAt: times.createdAt.optional(),
  createdBy: times.createdBy.optional(),
})
export type ExportedKey = z.output<typeof exportedKeySchema>

export const importKeysSchema = z.strictObject({
  keys: z.array(exportedKeySchema).max(10_000),
  /** What to do with a key whose name, id or digest is known already. */
  known: z.enum(['refuse', 'skip']).default('refuse'),
})
export const importedKeysSchema = z.object({ imported: z.int(), skipped: z.array(z.string()) })

export const keyListQuerySchema = listQuerySchema.extend({
  name: z.string().max(100).optional(),
  owner: z.string().max(100).optional(),
  team: z.string().max(100).optional(),
  tags: z.string().max(100).optional(),
  status: z.string().max(100).optional(),
  source: z.string().max(100).optional(),
})
export const exportKeysQuerySchema = z.strictObject({ format: z.enum(['json', 'ndjson']).default('json') })
export const keyListSchema = listAnswerSchema(keySchema)

/** What a key can do now, and what stands against it. */
export const effectiveKeySchema = z.object({
  /** Public names that it can use now. */
  models: z.array(modelName),
  services: z.array(z.enum(SERVICES)),
  addresses: z.array(z.string()).nullable(),
  limits: z.array(
    z.object({
      by: z.string(),
      count: z.string(),
      algorithm: z.string(),
      limit: z.number(),
      remaining: z.number(),
      resetMs: z.number(),
    }),
  ),
  budgets: z.array(
    z.object({ id: z.string(), scope: z.string(), unit: z.string(), period: z.string(), amount: z.number(), remaining: z.number() }),
  ),
  /** Why it would be refused; empty where it would not. */
  whyNot: z.array(
    z.object({ code: z.enum(['disabled', 'expired', 'blocked', 'no_models', 'budget_used_up']), subject: z.string().optional() }),
  ),
})
export type EffectiveKey = z.output<typeof effectiveKeySchema>

export const KEY_EXAMPLE: ShownKey = {
  id: 'k-4mT9vQ2xLs7a',
  name: 'app',
  source: 'store',
  status: 'active',
  last4: 'x4Qa',
  enabled: true,
  models: ['gpt-*'],
  priority: 'default',
  limits: [{ algorithm: 'token-bucket', count: 'requests', rate: '60/m' }],
  expires: '2027-01-31T00:00:00Z',
  owner: 'ada',
  team: 'blue',
  tags: ['production'],
  createdAt: '2026-08-21T11:00:00.000Z',
  createdBy: 'admin',
}
