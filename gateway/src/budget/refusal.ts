import { GatewayError } from '../errors/gateway-error.ts'
import type { Budget, BudgetScope } from './budget.ts'

/** Whose budget it is, without a name: it may be somebody else's. */
const WHOSE: Readonly<Record<BudgetScope, string>> = {
  key: 'of this API key',
  team: "of this API key's team",
  user: "of this API key's owner",
  model: 'of this model',
  tag: 'of a tag of this API key',
  all: 'of all requests together',
}
const PERIODS = { day: 'daily', month: 'monthly' } as const

/** `endsAt` and `wallClock`: epoch milliseconds. */
export function quotaRefusal(
  { scope, unit, period }: Budget,
  { left, endsAt, wallClock }: { readonly left: number; readonly endsAt: number; readonly wallClock: number },
): GatewayError {
  const what = left > 0 ? 'does not have enough left for this request' : 'is used up'
  return new GatewayError('insufficient_quota', `The ${PERIODS[period]} budget of ${unit} ${WHOSE[scope]} ${what}`, {
    retryAfterSeconds: Math.max(1, Math.ceil((endsAt - wallClock) / 1_000)),
  })
}
