import type { ExplainedCandidate } from '@jairouter/contract/management/explain'
import type { CandidateReason } from '@jairouter/contract/management/reasons'
import type { Score } from '../balance/chooser.ts'
import { isTie } from '../balance/lowest.ts'
import { SCORES } from '../balance/registry.ts'
import { breakerSnapshot } from '../breaker/breaker.ts'
import { credentialParkedUntil } from '../breaker/credential.ts'
import { pausedUntil } from '../breaker/pause.ts'
import type { Instance, Route } from '../config/snapshot.ts'
import { statusOf } from '../health/health.ts'
import { markAlike } from './ask.ts'
import { barOf, isWarming, planNext, shortlistOf, weigh, type Plan, type PlanInput } from './plan.ts'
import { REASON_OF_BAR } from './reason-of-bar.ts'
import type { InstanceState } from './route-states.ts'

export type PlanContext = Omit<PlanInput, 'tried'>

/** A route's instances as a request would meet them. */
export interface Standing {
  readonly better: 'higher' | 'lower' | null
  readonly candidates: readonly ExplainedCandidate[]
  /** Whom it would ask, one after the other, as far as `retry.attempts` goes. */
  readonly order: readonly InstanceState[]
  readonly first: Plan
  /** The first call that could not be said in the instance's wire format; undefined where another one can. */
  readonly unsaid: InstanceState | undefined
}

/** By the plan of real requests, as often as it has an answer. `states` are changed by that: they are to be copies. */
export function standingOf(
  { instances, policy }: Route,
  states: readonly InstanceState[],
  { context, unsayable }: { readonly context: PlanContext; readonly unsayable: (state: InstanceState) => boolean },
): Standing {
  const untried = { ...context, tried: new Set<InstanceState>() }
  const tier = shortlistOf(states, untried)
  const free = states.filter((state) => barOf(state, untried) === undefined)
  weigh(states, untried)
  const table = SCORES[policy.balance]
  const scores = new Map((table?.of(tier, context) ?? []).map((score, index) => [tier[index], score]))
  const shares = sharesOf(tier, { scores, better: table?.better })
  const seen = states.map((state) => ({ state, weight: state.weight, live: liveOf(state, context.now) }))
  const asked = askAll(states, { context, unsayable })
  const describe = ({ state, weight, live }: (typeof seen)[number]): ExplainedCandidate => {
    const order = asked.order.indexOf(state)
    const bar = barOf(state, untried)
    const reason = bar === undefined ? reasonOf(state, { asked, tier, free, shares, unsayable }) : REASON_OF_BAR[bar]
    const score = scores.get(state)
    return {
      ...identityOf(state.instance),
      state: live,
      effectiveWeight: weight,
      score: score?.value ?? null,
      parts: { ...score?.parts },
      share: shares.get(state) ?? 0,
      verdict: order === 0 ? 'chosen' : order > 0 ? 'eligible' : 'lost',
      reason,
      order: order < 0 ? null : order + 1,
    }
  }
  const able = new Set(states.map(({ instance }) => instance))
  return {
    better: table?.better ?? null,
    candidates: [...seen.map(describe), ...instances.filter((instance) => !able.has(instance)).map(withoutEndpoint)],
    order: asked.order.slice(0, asked.within),
    first: asked.first,
    unsaid: asked.within === 0 ? asked.unsaid : undefined,
  }
}

interface Asked {
  readonly first: Plan
  readonly order: readonly InstanceState[]
  /** How many of those `retry.attempts` allows. */
  readonly within: number
  readonly unsaid: InstanceState | undefined
}

function askAll(
  states: readonly InstanceState[],
  { context, unsayable }: { readonly context: PlanContext; readonly unsayable: (state: InstanceState) => boolean },
): Asked {
  const tried = new Set<InstanceState>()
  const order: InstanceState[] = []
  let first: Plan | undefined
  let unsaid: InstanceState | undefined
  let within = 0
  for (let attempts = 1; ; attempts += 1) {
    const plan = planNext(states, { ...context, tried })
    first ??= plan
    if (plan.kind !== 'chosen') return { first, order, within, unsaid }
    tried.add(plan.state)
    if (unsayable(plan.state)) {
      unsaid ??= plan.state
      markAlike(plan.state, { states, tried })
      continue
    }
    order.push(plan.state)
    if (attempts <= context.policy.retry.attempts) within = order.length
  }
}

interface Shortlist {
  readonly asked: Asked
  readonly tier: readonly InstanceState[]
  readonly free: readonly InstanceState[]
  readonly shares: ReadonlyMap<InstanceState, number>
  readonly unsayable: (state: InstanceState) => boolean
}

function reasonOf(state: InstanceState, { asked, tier, free, shares, unsayable }: Shortlist): CandidateReason {
  const place = asked.order.indexOf(state)
  if (place < 0 || unsayable(state)) return 'cannot-say'
  if (place === 0) {
    if (free.length === 1) return 'only'
    return (shares.get(state) ?? 1) < 1 ? 'drawn' : 'best'
  }
  if (place >= asked.within) return 'attempts-used'
  if (tier.includes(state)) return 'worse'
  return isWarming(state) ? 'warming' : 'lower-tier'
}

/** How likely each one is the first choice. */
function sharesOf(
  tier: readonly InstanceState[],
  { scores, better }: { readonly scores: ReadonlyMap<InstanceState | undefined, Score>; readonly better: 'higher' | 'lower' | undefined },
): ReadonlyMap<InstanceState, number> {
  const values = tier.map((state) => scores.get(state)?.value ?? 0)
  const lowest = Math.min(...values)
  // The highest score is one candidate's, the first of equals: only costs are drawn for.
  const tied =
    better === 'higher'
      ? tier.slice(values.indexOf(Math.max(...values))).slice(0, 1)
      : tier.filter((_, index) => isTie(values[index] ?? 0, lowest))
  const total = tied.reduce((sum, { weight }) => sum + weight, 0)
  return new Map(tied.map((state) => [state, state.weight / total]))
}

function identityOf({ id, backend, model, weight, priority }: Instance) {
  return { instance: id, backend: backend.id, upstreamModel: model, weight, priority }
}

function liveOf(state: InstanceState, now: number): ExplainedCandidate['state'] {
  const breaker = breakerSnapshot(state.breaker, state.breakerSettings, now)
  const until = {
    credential: credentialParkedUntil(state.credential, now),
    breaker: breaker.status === 'open' ? breaker.nextProbeAt : undefined,
    pause: pausedUntil(state.pause, now),
    limit: state.limitedUntil(now),
  }
  const left = Object.entries(until).flatMap(([what, time]) =>
    time === undefined || time <= now || !Number.isFinite(time) ? [] : [[what, time - now] as const],
  )
  return {
    health: statusOf(state.health),
    breaker: breaker.status,
    leftAloneMs: Object.fromEntries(left),
    inFlight: state.inFlight,
    room: state.room === Infinity ? null : state.room,
  }
}

function withoutEndpoint(instance: Instance): ExplainedCandidate {
  return {
    ...identityOf(instance),
    state: { health: 'unknown', breaker: 'closed', leftAloneMs: {}, inFlight: 0, room: null },
    effectiveWeight: instance.weight,
    score: null,
    parts: {},
    share: 0,
    verdict: 'lost',
    reason: 'no-endpoint',
    order: null,
  }
}
