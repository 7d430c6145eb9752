import { z } from 'zod'
import { identifier } from '../identifiers.ts'
import { currency } from '../prices.ts'
import { listAnswerSchema, listQuerySchema } from './list.ts'

const subject = z.string().min(1).max(256)
/** Requests and tokens are whole; money may have fractions. */
const amount = z.number().min(0).max(9_000_000_000_000)
/** Shares of the amount. */
const warnAt = z.array(z.number().gt(0).max(1)).max(10)

export const createBudgetSchema = z.strictObject({
  id: identifier.optional(),
  scope: z.enum(['key', 'team', 'user', 'model', 'tag', 'all']),
  /** A key's or a team's id, a user's, a public model name, a tag; none with `all`. */
  subject: subject.optional(),
  unit: z.enum(['requests', 'tokens', 'money']),
  amount,
  currency: currency.optional(),
  period: z.enum(['day', 'month']),
  /** IANA time zone in which days and months begin. */
  zone: z.string().min(1).max(100).optional(),
  warnAt: warnAt.optional(),
  enabled: z.boolean().optional(),
  onExceeded: z.literal('refuse').optional(),
})
export type NewBudget = z.output<typeof createBudgetSchema>

/** What was counted goes on; so what is counted, and for whom, cannot be changed. */
export const patchBudgetSchema = z.strictObject({ amount: amount.optional(), warnAt: warnAt.optional(), enabled: z.boolean().optional() })

export const budgetSchema = z.object({
  id: z.string(),
  scope: createBudgetSchema.shape.scope,
  subject: z.string().optional(),
  unit: createBudgetSchema.shape.unit,
  amount,
  currency: z.string().optional(),
  period: createBudgetSchema.shape.period,
  zone: z.string(),
  warnAt,
  enabled: z.boolean(),
  onExceeded: z.literal('refuse'),
  createdAt: z.string(),
  createdBy: z.string(),
  /** In the period that it is; what other gateways have claimed ahead is in it. */
  spent: z.number(),
  remaining: z.number(),
  periodEnds: z.string(),
  /** Models that were used since the start without a price in this currency: they count 0. */
  unpriced: z.array(z.string()),
})
export type ShownBudget = z.output<typeof budgetSchema>

export const budgetListQuerySchema = listQuerySchema.extend({
  scope: z.string().max(100).optional(),
  subject: z.string().max(256).optional(),
  unit: z.string().max(100).optional(),
  period: z.string().max(100).optional(),
})
export const budgetListSchema = listAnswerSchema(budgetSchema)

export const budgetForecastSchema = z.object({
  spent: z.number(),
  remaining: z.number(),
  /** A day, on the average of this period so far. */
  pace: z.number(),
  /** ISO time at which nothing is left at this pace; null: not before the period ends. */
  emptyOn: z.string().nullable(),
  periodEnds: z.string(),
})
export type BudgetForecast = z.output<typeof budgetForecastSchema>

export const BUDGET_EXAMPLE: ShownBudget = {
  id: 'blue-monthly',
  scope: 'team',
  subject: 'blue',
  unit: 'money',
  amount: 500,
  currency: 'USD',
  period: 'month',
  zone: 'UTC',
  warnAt: [0.8],
  enabled: true,
  onExceeded: 'refuse',
  createdAt: '2026-08-21T11:00:00.000Z',
  createdBy: 'admin',
  spent: 120.5,
  remaining: 379.5,
  periodEnds: '2026-09-01T00:00:00.000Z',
  unpriced: [],
}
