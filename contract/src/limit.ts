import { z } from 'zod'
import { LIMIT_COUNTS, LIMIT_SCOPES } from './names.ts'
import { duration, durationText, rate, rateText } from './units.ts'

const shared = {
  /** What is counted apart. The scope of the place where the limit stands, when left out. */
  by: z.enum(LIMIT_SCOPES).optional(),
  /** Tokens are reserved by an estimate and settled by what the backend reports. */
  count: z.enum(LIMIT_COUNTS).default('requests'),
}
const units = z.int().min(1).max(1_000_000_000)

/** One limit, with its rates and durations as they are written, or as numbers. */
function limitOf<Rate extends z.ZodType, Duration extends z.ZodType>(rate: Rate, duration: Duration) {
  return z.discriminatedUnion('algorithm', [
    /** `burst`: what may come at once; the number of `rate` when left out. */
    z.strictObject({ algorithm: z.literal('token-bucket'), ...shared, rate, burst: units.optional() }),
    /** Sent on at a steady rate. `queue`: how many may wait for their turn; with 0 what comes too early is refused. */
    z.strictObject({ algorithm: z.literal('leaky-bucket'), ...shared, rate, queue: z.int().min(0).max(1_000_000).default(0) }),
    z.strictObject({ algorithm: z.literal('sliding-window'), ...shared, limit: units, window: duration }),
    /** Cold it lets `rate` / `coldFactor` through, and rises to `rate` over `warmUp` of use. */
    z.strictObject({
      algorithm: z.literal('warm-up'),
      ...shared,
      rate,
      warmUp: duration,
      coldFactor: z.number().min(1).max(1_000).default(3),
    }),
    /** Requests that are being answered at the same time. */
    z.strictObject({ algorithm: z.literal('concurrency'), by: shared.by, limit: units }),
  ])
}

/** One limit. All that apply to a request hold together. */
export const limitSchema = limitOf(rate, duration)
/** The same as it is written, and stays so. */
export const writtenLimitSchema = limitOf(rateText, durationText)

export type LimitConfig = z.output<typeof limitSchema>
