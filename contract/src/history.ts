import { z } from 'zod'
import { duration } from './units.ts'

const DEFAULTS = {
  enabled: true,
  keep: 2_592_000_000,
  maxRows: 1_000_000,
  buffer: 20_000,
  keepUsage: 63_072_000_000,
  startingPrices: true,
  content: { keep: 86_400_000, readers: ['admin' as const] },
}

/** A row for each request that is over, and one for each of its calls; sums of them for each hour and day. */
export const historySchema = z
  .strictObject({
    enabled: z.boolean().default(DEFAULTS.enabled),
    /** 30 days. */
    keep: duration.default(DEFAULTS.keep),
    /** Requests; the oldest go first. */
    maxRows: z.int().min(1).max(1_000_000_000).default(DEFAULTS.maxRows),
    /** Requests that wait in memory to be written; more than that are counted and not written. */
    buffer: z.int().min(1).max(1_000_000).default(DEFAULTS.buffer),
    /** Of the sums: 2 years. */
    keepUsage: duration.default(DEFAULTS.keepUsage),
    /** Models that `prices` does not name cost what the shipped table says. */
    startingPrices: z.boolean().default(DEFAULTS.startingPrices),
    /** What requests and answers said, where `capture` has it kept. */
    content: z
      .strictObject({
        /** 24 hours. */
        keep: duration.default(DEFAULTS.content.keep),
        /** Who may read everybody's; the others read their own. */
        readers: z.array(z.enum(['admin', 'operator', 'viewer'])).default(DEFAULTS.content.readers),
      })
      .default(DEFAULTS.content),
  })
  .default(DEFAULTS)
