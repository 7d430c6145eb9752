import { z } from 'zod'
import { FALLBACK_CONDITIONS } from './names.ts'
import { duration, size } from './units.ts'

/** One step of a fallback chain: exactly one of `model`, `cache`, `response`. */
export const fallbackStepSchema = z.strictObject({
  /** Another public model of the same service. */
  model: z.string().min(1).max(256).optional(),
  /** The last good answer to the same request of the same key. */
  cache: z.strictObject({ maxAge: duration.default(600_000) }).optional(),
  /** A text of the operator's, in the endpoint's own shape; chat and completions only. */
  response: z.strictObject({ content: z.string().min(1) }).optional(),
  /** What the step answers to; unavailable, timeout and rate-limited when left out. */
  on: z.array(z.enum(FALLBACK_CONDITIONS)).min(1).optional(),
})

/** Answers that are given again to equal requests of the same key. */
export const cacheSchema = z.strictObject({
  enabled: z.boolean().optional(),
  /** How long an answer may be given again. */
  ttl: duration.optional(),
  maxEntries: z.int().min(1).max(10_000_000).optional(),
  /** Of keys and answers together. */
  maxBytes: size.optional(),
})

export type FallbackStepConfig = z.output<typeof fallbackStepSchema>
