import { z } from 'zod'
import { duration } from './units.ts'

/** How much of the audit log is kept. */
export const auditSchema = z
  .strictObject({
    /** 90 days. */
    keep: duration.default(7_776_000_000),
    maxEntries: z.int().min(1_000).max(100_000_000).default(1_000_000),
  })
  .default({ keep: 7_776_000_000, maxEntries: 1_000_000 })
