import { z } from 'zod'
import { SERVICES } from '../names.ts'
import { USAGE_SUMS, type UsageSum } from './history-names.ts'

const sums = z.object(Object.fromEntries(USAGE_SUMS.map((name) => [name, z.number()])) as Record<UsageSum, z.ZodNumber>)

const filters = {
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  /** Dimensions with commas between them. */
  by: z.string().max(100).default('model'),
  key: z.string().max(256).optional(),
  user: z.string().max(256).optional(),
  team: z.string().max(256).optional(),
  model: z.string().max(256).optional(),
  backend: z.string().max(256).optional(),
  service: z.enum(SERVICES).optional(),
}

export const usageQuerySchema = z.strictObject({
  ...filters,
  /** Also parted by time. */
  group: z.enum(['none', 'hour', 'day']).default('none'),
})

export const usageSeriesQuerySchema = z.strictObject({
  ...filters,
  step: z.enum(['hour', 'day']).default('day'),
  /** Names of sums with commas between them. */
  m: z.string().max(200).default('requests,total,cost'),
})

export const usageAnswerSchema = z.object({
  items: z.array(z.object({ by: z.record(z.string(), z.string()), start: z.string().optional(), sums })),
  /** Cost for each currency is in `items` by `currency`; here they are together, as all else. */
  total: sums,
  /** From and to are moved to where an hour (day) begins. */
  from: z.string().nullable(),
  to: z.string().nullable(),
  /** Where prices come from that the config does not name; null: nowhere. */
  startingPricesOf: z.string().nullable(),
  /** Billionths of a currency. */
  costUnit: z.literal('1e-9'),
  partial: z.object({ reason: z.string() }).optional(),
})
