import { z } from 'zod'
import { SERVICES } from '../names.ts'
import { listQuerySchema } from './list.ts'

const results = z.object({
  requests: z.int(),
  /** Answered with a 5xx, or broken off. */
  errors: z.int(),
  promptTokens: z.int(),
  completionTokens: z.int(),
  /** Milliseconds; null before the first request. */
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  firstByteP50Ms: z.number().nullable(),
  firstByteP95Ms: z.number().nullable(),
})

export const experimentStateSchema = z.object({
  service: z.enum(SERVICES),
  model: z.string(),
  sticky: z.string().nullable(),
  /** ISO time from which on the results count; null before the first request. */
  since: z.string().nullable(),
  groups: z.array(
    z.object({
      name: z.string(),
      /** Of the traffic that no rule assigns, 0 to 1. */
      share: z.number(),
      instances: z.array(z.string()),
      results,
      /** Of copies whose answers nobody got. */
      shadow: results,
    }),
  ),
  steps: z.object({ group: z.string(), at: z.number(), next: z.number().nullable(), state: z.enum(['growing', 'done', 'out']) }).nullable(),
})
export type ExperimentState = z.output<typeof experimentStateSchema>

/** A field to filter by takes one value, or several with commas between them. */
export const experimentQuerySchema = listQuerySchema.extend({ service: z.string().optional(), model: z.string().optional() })

export const experimentParamsSchema = z.strictObject({ service: z.enum(SERVICES), '*': z.string().min(1) })
