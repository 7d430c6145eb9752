import { z } from 'zod'
import { LIMIT_COUNTS, LIMIT_SCOPES, SERVICES } from '../names.ts'

/** Which place of the config says a value; `default`: none, it is built in. */
export const POLICY_SOURCES = ['default', 'defaults', 'service', 'model', 'backend'] as const
export type PolicySource = (typeof POLICY_SOURCES)[number]

const sourceSchema = z.object({
  source: z.enum(POLICY_SOURCES),
  /** `models[smart].timeouts.total`; null where the value is built in. */
  path: z.string().nullable(),
})

export const effectivePolicySchema = z.object({
  /** By the setting's name, `timeouts.total`. Durations are milliseconds, sizes bytes. */
  values: z.record(z.string(), sourceSchema.extend({ value: z.unknown(), unit: z.enum(['ms', 'bytes']).optional() })),
  limits: z.array(
    sourceSchema.extend({
      by: z.enum(LIMIT_SCOPES),
      count: z.enum(LIMIT_COUNTS),
      settings: z.record(z.string(), z.unknown()),
    }),
  ),
})
export type EffectivePolicy = z.output<typeof effectivePolicySchema>
export type EffectiveValue = EffectivePolicy['values'][string]

/** `service:chat`, `model:smart`, `backend:gpu-1`; of a model or backend for one service, `chat` where none is named. */
export const effectiveQuerySchema = z.object({
  scope: z.string().regex(/^(service|model|backend):.+$/, 'expected service:NAME, model:NAME or backend:ID'),
  service: z.enum(SERVICES).optional(),
  /** Of `scope=backend:...`: the model whose instance is meant. */
  model: z.string().optional(),
})
