import type { LimitCount } from '@jairouter/contract/names'
import type { BudgetAsk, BudgetCharge, BudgetPort, WastedCall } from '../budget/budget-port.ts'
import type { PricedUsage } from '../budget/price.ts'
import { limitsOf, subjectOf, type LimitedRequest } from '../config/limits-of.ts'
import type { LimitRule } from '../config/snapshot.ts'
import type { Call } from '../endpoints/call.ts'
import type { Usage } from '../endpoints/usage.ts'
import type { UsedUnits } from '../endpoints/used-units.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { checkAll, takeAll, tightest, type Claim, type Denial } from '../limit/take-all.ts'
import { declaredMaximum, estimatePrompt, INITIAL_BYTES_PER_TOKEN } from '../limit/token-estimate.ts'
import type { LimitStates } from './limit-states.ts'

/** Of an answer whose length the client does not bound. */
const UNDECLARED_TOKENS = 512

interface LimitClaim extends Claim {
  readonly rule: LimitRule
}

export interface AdmissionInput extends LimitedRequest {
  readonly call: Call
  /** Undefined: there are none. */
  readonly budgets?: BudgetPort | undefined
}

/** How a request ended, as far as its limits are concerned. */
export interface Outcome {
  /** Something was sent to a backend. */
  readonly sent: boolean
  readonly answered: boolean
  readonly usage: Usage | undefined
  /** What is paid for beside its tokens. */
  readonly units?: UsedUnits | undefined
  readonly wasted?: readonly WastedCall[] | undefined
}

/** What a request holds of the limits that apply to it. To be settled exactly once. */
export class Admission {
  /** Milliseconds to wait before it is sent: a leaky bucket's turn. */
  readonly waitMs: number
  readonly #claims: readonly LimitClaim[]
  readonly #takenAt: number
  readonly #promptTokens: () => number
  readonly #charge: BudgetCharge | undefined

  constructor(held: {
    claims: readonly LimitClaim[]
    waitMs: number
    takenAt: number
    promptTokens: () => number
    charge: BudgetCharge | undefined
  }) {
    this.#claims = held.claims
    this.waitMs = held.waitMs
    this.#takenAt = held.takenAt
    this.#promptTokens = held.promptTokens
    this.#charge = held.charge
  }

  /** Fulfilled when what was taken from budgets is safe from a crash, or could not be made so in time; undefined: it is already. */
  get safe(): Promise<void> | undefined {
    return this.#charge?.safe
  }

  /** Another model than the one that was asked for has answered: its prices count, and not the first one's budgets. */
  answeredBy(model: string): void {
    this.#charge?.answeredBy(model)
  }

  headers(now: number): Record<string, string> {
    return headersOf(this.#claims, now)
  }

  settle(outcome: Outcome, now: number): void {
    const usage = this.#usageOf(outcome)
    this.#charge?.settle({ sent: outcome.sent, usage, paid: paidIn(outcome, usage), wasted: outcome.wasted })
    for (const { limiter, state, cost, rule } of this.#claims) {
      const amount = rule.count === 'tokens' ? cost - (usage?.totalTokens ?? cost) : outcome.sent ? 0 : cost
      if (amount !== 0) limiter.give(state, amount, { takenAt: this.#takenAt, now })
      limiter.release(state, cost)
    }
  }

  /** Undefined where a backend answered and did not tell: the estimate stands. */
  #usageOf({ answered, usage }: Outcome): Usage | undefined {
    if (!answered) return NO_USAGE
    // Seconds of audio say nothing of tokens.
    if (usage?.totalTokens === 0) return undefined
    if (usage?.estimated !== true || usage.promptTokens !== 0) return usage
    const promptTokens = this.#promptTokens()
    return { ...usage, promptTokens, totalTokens: promptTokens + usage.completionTokens }
  }
}

/** What there is a price for, also where nobody knows the tokens. */
function paidIn({ answered, usage, units }: Outcome, known: Usage | undefined): PricedUsage | undefined {
  if (!answered || (usage === undefined && units === undefined)) return undefined
  return { ...NO_USAGE, ...(known ?? usage), ...units }
}

const NO_USAGE: Usage = { promptTokens: 0, completionTokens: 0, totalTokens: 0 }

/** Takes what the request needs of every limit that applies, all or none. Throws 429 with what the client has to know. */
export function admit(input: AdmissionInput, states: LimitStates, now: number): Admission | undefined {
  return admitBy(limitsOf(input), { input, states, now, share: 'all' })
}

/** The request counts already for everything but the model that it falls back to. */
export function admitToFallback(input: AdmissionInput, states: LimitStates, now: number): Admission | undefined | 'refused' {
  try {
    const admission = admitBy(
      input.route.limits.filter(({ by }) => by === 'model'),
      { input, states, now, share: 'model' },
    )
    // Nobody waits for a turn in a queue while another step could answer.
    if (admission === undefined || admission.waitMs === 0) return admission
    admission.settle({ sent: false, answered: false, usage: undefined }, now)
    return 'refused'
  } catch (error) {
    if (error instanceof GatewayError) return 'refused'
    throw error
  }
}

function admitBy(
  rules: readonly LimitRule[],
  { input, states, now, share }: { input: AdmissionInput; states: LimitStates; now: number; share: 'all' | 'model' },
): Admission | undefined {
  const { budgets } = input
  const draws = budgets?.active === true
  if (rules.length === 0 && !draws) return undefined
  const { claims, promptTokens } = claimsOf(rules, { input, states, now })
  const admission = checkAll(claims, now)
  if (admission.kind === 'deny') {
    states.rejected(admission.claim.rule)
    throw refusalOf(admission, headersOf(claims, now))
  }
  // Throws where one of them has not enough left; the limits have given nothing yet.
  const charge = draws ? budgets.reserve(budgetAskOf(input, promptTokens, share)) : undefined
  if (rules.length === 0 && charge === undefined) return undefined
  takeAll(claims, now)
  states.allowed(rules)
  return new Admission({ claims, waitMs: admission.waitMs, takenAt: now, promptTokens, charge })
}

/** What the request needs of each of these limits. Takes nothing. */
export function claimsOf(
  rules: readonly LimitRule[],
  { input, states, now }: { input: AdmissionInput; states: LimitStates; now: number },
): { readonly claims: readonly LimitClaim[]; readonly promptTokens: () => number } {
  const promptTokens = once(() => promptTokensOf(input.call))
  return { claims: rules.map((rule) => claimOf(rule, { input, states, promptTokens, now })), promptTokens }
}

function claimOf(
  rule: LimitRule,
  { input, states, promptTokens, now }: { input: AdmissionInput; states: LimitStates; promptTokens: () => number; now: number },
): LimitClaim {
  const limiter = states.limiterOf(rule)
  const state = states.vectorOf(rule, subjectOf(rule, input))
  if (rule.count === 'requests') return { rule, limiter, state, cost: 1 }
  const declared = declaredOf(input.call)
  const prompt = promptTokens()
  // What the client does not bound must not be refused for a guess of ours.
  const guess = Math.min(UNDECLARED_TOKENS, Math.max(0, limiter.level(state, now).limit - prompt))
  return { rule, limiter, state, cost: prompt + (declared ?? guess) }
}

export function budgetAskOf({ key, route, call }: AdmissionInput, promptTokens: () => number, share: 'all' | 'model'): BudgetAsk {
  return { key, model: route.model, share, promptTokens, declaredTokens: declaredOf(call), guessedTokens: UNDECLARED_TOKENS }
}

function declaredOf(call: Call): number | undefined {
  return call.kind === 'json' ? declaredMaximum(call.fields) : undefined
}

/** Estimating a long prompt costs something; several may want to know. */
function once(compute: () => number): () => number {
  let value: number | undefined
  return () => (value ??= compute())
}

function promptTokensOf(call: Call): number {
  return call.kind === 'json' ? estimatePrompt(call.bytes, INITIAL_BYTES_PER_TOKEN) : 0
}

const TEXTS: Readonly<Record<LimitCount, string>> = { requests: 'requests', tokens: 'tokens' }

function refusalOf({ claim, retryAfterMs }: Denial<LimitClaim>, headers: Record<string, string>): GatewayError {
  const { by, count, settings } = claim.rule
  const what = settings.algorithm === 'concurrency' ? 'requests at the same time' : TEXTS[count]
  if (retryAfterMs === Infinity) {
    return new GatewayError('rate_limit_exceeded', `This request needs ${claim.cost} ${what}, more than the limit by ${by} can ever give`, {
      headers,
    })
  }
  return new GatewayError('rate_limit_exceeded', `The limit of ${what} by ${by} is reached`, {
    retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1_000)),
    headers,
  })
}

/** OpenAI's headers, of the limit with the smallest share left. */
function headersOf(claims: readonly LimitClaim[], now: number): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [count, limit, remaining, reset] of LEVEL_HEADERS) {
    const level = tightest(
      claims.filter(({ rule }) => rule.count === count),
      now,
    )
    if (level === undefined) continue
    headers[limit] = String(level.limit)
    headers[remaining] = String(level.remaining)
    headers[reset] = `${Math.ceil(level.resetMs)}ms`
  }
  return headers
}

/** Whole names: one that is put together is looked up anew for each request. */
const LEVEL_HEADERS = (['requests', 'tokens'] as const).map(
  (count) => [count, `x-ratelimit-limit-${count}`, `x-ratelimit-remaining-${count}`, `x-ratelimit-reset-${count}`] as const,
)
