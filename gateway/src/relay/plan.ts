import { BALANCERS } from '../balance/registry.ts'
import { slowStartFactor } from '../balance/slow-start.ts'
import { tierOf } from '../balance/eligible.ts'
import { breakerSnapshot, isDueToTrip } from '../breaker/breaker.ts'
import { pausedUntil } from '../breaker/pause.ts'
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

/**
 * Why no instance can be asked: `down`, none is fit to serve · `exhausted`, all that are fit were asked · `busy`, at their
 * concurrency limit · `paused`, they have asked to be left alone · `open`, held out by their breakers
 * · `limited`, at limits of their own.
 */
export type NoPlan =
  | { readonly kind: 'down' | 'busy' }
  /** `hopeless`: each of them has failed so often in a row that only their pool's need keeps their breakers closed. */
  | { readonly kind: 'exhausted'; readonly hopeless: boolean }
  /** `until`: monotonic milliseconds at which the first of them may be asked. */
  | { readonly kind: 'paused' | 'open' | 'limited'; readonly until: number }
export type Plan = { readonly kind: 'chosen'; readonly state: InstanceState } | NoPlan

/** Which instance is asked next: fit to serve, with room, in the highest tier that can, by the route's balancer. */
export function planNext(states: readonly InstanceState[], input: PlanInput): Plan {
  const tier = shortlistOf(states, input)
  const [only] = tier
  if (only === undefined) return whyNone(states, input)
  if (tier.length === 1) return { kind: 'chosen', state: only }
  weigh(tier, input)
  const state = tier[BALANCERS[input.policy.balance](tier, input)]
  return state === undefined ? { kind: 'down' } : { kind: 'chosen', state }
}

/** Those that the balancer chooses from. */
export function shortlistOf(states: readonly InstanceState[], input: PlanInput): readonly InstanceState[] {
  const eligible = eligibleOf(states, input)
  return eligible.length === 0 ? eligible : tierOf(eligible)
}

/** Sets the effective weights. */
export function weigh(states: readonly InstanceState[], { now, policy }: PlanInput): void {
  for (const state of states) state.weight = state.instance.weight * slowStartFactor(recoveredAt(state.health), now, policy.slowStartMs)
}

/** What keeps one from being asked now, whatever the balancer would say; undefined when nothing does. */
export function barOf(
  state: InstanceState,
  { tried, now }: Pick<PlanInput, 'tried' | 'now'>,
): 'tried' | 'unhealthy' | 'override' | 'credential' | 'breaker' | 'pause' | 'limit' | 'room' | undefined {
  if (tried.has(state)) return 'tried'
  if (statusOf(state.health) === 'unhealthy') return 'unhealthy'
  return state.barredBy(now) ?? (state.hasRoom ? undefined : 'room')
}

/** A backend that is loading serves only when nothing else can: when all others are out, full, or were asked already. */
function eligibleOf(states: readonly InstanceState[], input: PlanInput): readonly InstanceState[] {
  const free = states.filter((state) => barOf(state, input) === undefined)
  if (!free.some(isWarming)) return free
  const ready = free.filter((state) => !isWarming(state))
  return ready.length > 0 ? ready : free
}

/** Whether any instance could be asked now, whatever the balancer would say. */
export function couldTake(states: readonly InstanceState[], tried: ReadonlySet<InstanceState>, now: number): boolean {
  const asked = { tried, now }
  return states.some((state) => barOf(state, asked) === undefined)
}

/** Whether it is only room that is missing. */
export function isBusy(states: readonly InstanceState[], tried: ReadonlySet<InstanceState>, now: number): boolean {
  return whyNone(states, { tried, now }).kind === 'busy'
}

function whyNone(states: readonly InstanceState[], { tried, now }: Pick<PlanInput, 'tried' | 'now'>): NoPlan {
  const fit = states.filter((state) => statusOf(state.health) !== 'unhealthy' && !isOut(state.barredBy(now)))
  if (fit.length === 0) return { kind: 'down' }
  const left = fit.filter((state) => !tried.has(state))
  if (left.length === 0)
    return { kind: 'exhausted', hopeless: fit.every(({ breaker, breakerSettings }) => isDueToTrip(breaker, breakerSettings)) }
  if (left.some((state) => state.barredBy(now) === undefined)) return { kind: 'busy' }
  const paused = left.filter((state) => state.barredBy(now) === 'pause')
  if (paused.length > 0) return { kind: 'paused', until: soonest(paused, (state) => pausedUntil(state.pause, now) ?? now) }
  const limited = left.filter((state) => state.barredBy(now) === 'limit')
  if (limited.length > 0) return { kind: 'limited', until: soonest(limited, (state) => state.limitedUntil(now)) }
  return { kind: 'open', until: soonest(left, (state) => breakerSnapshot(state.breaker, state.breakerSettings, now).nextProbeAt ?? now) }
}

/** Nothing that passes by itself within the time of a request. */
function isOut(why: ReturnType<InstanceState['barredBy']>): boolean {
  return why === 'credential' || why === 'override'
}

function soonest(states: readonly InstanceState[], timeOf: (state: InstanceState) => number): number {
  return states.reduce((earliest, state) => Math.min(earliest, timeOf(state)), Infinity)
}

export function isWarming(state: InstanceState): boolean {
  return statusOf(state.health) === 'warming'
}
