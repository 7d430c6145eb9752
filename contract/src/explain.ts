import { z } from 'zod'
import { SERVICES } from './names.ts'
import { size } from './units.ts'

const DEFAULTS = { sample: 0.01, keep: 2_000, maxBytes: 16 * 1024 ** 2 }

/** Decisions are kept in memory of failed, slow, retried, hedged and fallen-back requests, and of a sample of the rest. */
export const explainSchema = z
  .strictObject({
    /** Share of the other requests, from 0 to 1. */
    sample: z.number().min(0).max(1).default(DEFAULTS.sample),
    /** How many decisions; the oldest make room. 0: none. */
    keep: z.int().min(0).max(1_000_000).default(DEFAULTS.keep),
    /** Of all of them together, about. */
    maxBytes: size.default(DEFAULTS.maxBytes),
  })
  .default(DEFAULTS)

/** What has to be so with every config that takes effect. */
export const expectationSchema = z.strictObject({
  /** Name of an API key; left out: whoever may come without one, or with one that may use everything. */
  key: z.string().min(1).optional(),
  /** A public name or an alias. */
  model: z.string().min(1).max(256),
  service: z.enum(SERVICES).default('chat'),
  /** The only backends that the model's requests may go to, as long as it needs no fallback; at least one of them must be there. */
  goesTo: z.array(z.string().min(1)).min(1).optional(),
  /** The key may not use the model, or there is none of that name. */
  refused: z.literal(true).optional(),
})
export type Expectation = z.output<typeof expectationSchema>
