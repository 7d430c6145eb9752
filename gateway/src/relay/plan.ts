import { BALANCERS } from '../balance/registry.ts'
import { slowStartFactor } from '../balance/slow-start.ts'
import { tierOf } from '../balance/eligible.ts'
import type { Policy } from '../config/snapshot.ts'
import { recoveredAt, statusOf } from '../health/health.ts'
import type { InstanceState } from './route-states.ts'

export interface PlanInput {
  readonly policy: Policy
  /** Instances that this request has asked already. */
  readonly tried: ReadonlySet<InstanceState>
  /** What the request sticks to, hashed. */
  readonly hash: number
  /** Monotonic milliseconds. */
  readonly now: number
  readonly random: () => number
}

/** `down`: no instance is fit to serve · `busy`: all that are fit are at their concurrency limit · `exhausted`: all were asked. */
export type Plan = { readonly kind: 'chosen'; readonly state: InstanceState } | { readonly kind: 'down' | 'busy' | 'exhausted' }

/** Which instance is asked next: fit to serve, with room, in the highest tier that can, by the route's balancer. */
export function planNext(states: readonly InstanceState[], input: PlanInput): Plan {
  const eligible = eligibleOf(states, input.tried)
  if (eligible.length === 0) return { kind: whyNone(states, input.tried) }
  const tier = tierOf(eligible)
  const [only] = tier
  if (only !== undefined && tier.length === 1) return { kind: 'chosen', state: only }
  for (const state of tier) {
    state.weight = state.instance.weight * slowStartFactor(recoveredAt(state.health), input.now, input.policy.slowStartMs)
  }
  const state = tier[BALANCERS[input.policy.balance](tier, input)]
  return state === undefined ? { kind: 'down' } : { kind: 'chosen', state }
}

/** A backend that is loading serves only when nothing else can: when all others are out, full, or were asked already. */
function eligibleOf(states: readonly InstanceState[], tried: PlanInput['tried']): readonly InstanceState[] {
  const isFree = (state: InstanceState) => state.hasRoom && !tried.has(state)
  const ready = states.filter((state) => isReady(statusOf(state.health)) && isFree(state))
  return ready.length > 0 ? ready : states.filter((state) => statusOf(state.health) === 'warming' && isFree(state))
}

function whyNone(states: readonly InstanceState[], tried: PlanInput['tried']): 'down' | 'busy' | 'exhausted' {
  const fit = states.filter((state) => statusOf(state.health) !== 'unhealthy')
  if (fit.length === 0) return 'down'
  return fit.every((state) => tried.has(state)) ? 'exhausted' : 'busy'
}

function isReady(status: ReturnType<typeof statusOf>): boolean {
  return status === 'healthy' || status === 'unknown'
}
