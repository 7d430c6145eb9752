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
  const fit = fitToServe(states)
  if (fit.length === 0) return { kind: 'down' }
  const untried = input.tried.size === 0 ? fit : fit.filter((state) => !input.tried.has(state))
  if (untried.length === 0) return { kind: 'exhausted' }
  const free = untried.every(hasRoom) ? untried : untried.filter(hasRoom)
  if (free.length === 0) return { kind: 'busy' }
  const tier = tierOf(free)
  const [only] = tier
  if (only !== undefined && tier.length === 1) return { kind: 'chosen', state: only }
  for (const state of tier) {
    state.weight = state.instance.weight * slowStartFactor(recoveredAt(state.health), input.now, input.policy.slowStartMs)
  }
  const state = tier[BALANCERS[input.policy.balance](tier, input)]
  return state === undefined ? { kind: 'down' } : { kind: 'chosen', state }
}

/** A backend that is loading serves only when nothing else can. */
function fitToServe(states: readonly InstanceState[]): readonly InstanceState[] {
  const ready = states.filter((state) => isReady(statusOf(state.health)))
  return ready.length > 0 ? ready : states.filter((state) => statusOf(state.health) === 'warming')
}

function isReady(status: ReturnType<typeof statusOf>): boolean {
  return status === 'healthy' || status === 'unknown'
}

function hasRoom(state: InstanceState): boolean {
  return state.hasRoom
}
