import type { EndpointId } from '@jairouter/contract/names'
import { admits, BREAKER_SIZE, type BreakerSettings } from '../breaker/breaker.ts'
import { CREDENTIAL_SIZE, credentialParkedUntil } from '../breaker/credential.ts'
import { OVERRIDE_SIZE, overrideOf } from '../breaker/override.ts'
import { PAUSE_SIZE, pausedUntil } from '../breaker/pause.ts'
import { MEMORY_SIZE, type Candidate } from '../balance/chooser.ts'
import { LATENCY_SIZE } from '../balance/latency.ts'
import type { Instance, Route } from '../config/snapshot.ts'
import { HEALTH_SIZE } from '../health/health.ts'
import { hash32 } from '../lib/hash.ts'
import type { StateTable } from '../lib/state-table.ts'
import { checkAll, takeAll, type Claim } from '../limit/take-all.ts'
import type { LimitStates } from './limit-states.ts'

const NOTHING_TAKEN = () => {}

/** An instance of a route beside its vectors in the state table. It is the balancers' candidate, too: nothing is allocated for a choice. */
export class InstanceState implements Candidate {
  readonly instance: Instance
  readonly health: Float64Array
  readonly seed: number
  readonly priority: number
  readonly memory: Float64Array
  readonly latency: Float64Array
  readonly breaker: Float64Array
  readonly breakerSettings: BreakerSettings
  readonly pause: Float64Array
  /** What an operator said at run time. */
  readonly override: Float64Array
  /** Of the backend's credential, so the same for all its instances. */
  readonly credential: Float64Array
  /** The effective weight; set by the plan before each choice. */
  weight: number
  readonly #claims: readonly Claim[]
  readonly #own: Float64Array
  readonly #backend: Float64Array

  constructor(instance: Instance, route: Route, { table, limits }: { table: StateTable; limits: LimitStates }) {
    this.instance = instance
    this.weight = instance.weight
    this.seed = hash32(instance.id)
    this.priority = instance.priority
    this.health = table.vector(stateName.health(instance.backend.id), HEALTH_SIZE)
    this.memory = table.vector(stateName.balance(route, instance), MEMORY_SIZE)
    this.latency = table.vector(stateName.latency(instance.id), LATENCY_SIZE)
    this.breaker = table.vector(stateName.breaker(instance.id), BREAKER_SIZE)
    this.breakerSettings = { ...route.policy.breaker, ...instance.backend.breaker }
    this.pause = table.vector(stateName.pause(instance.id), PAUSE_SIZE)
    this.override = table.vector(stateName.override(instance.id), OVERRIDE_SIZE)
    this.credential = table.vector(stateName.credential(instance.backend.id), CREDENTIAL_SIZE)
    const rules = [...route.instanceLimits, ...instance.backend.limits]
    this.#claims = rules.map((rule) => ({ limiter: limits.limiterOf(rule), state: limits.vectorOf(rule, instance.id), cost: 1 }))
    this.#own = table.vector(stateName.inFlight(instance.id), 1)
    this.#backend = table.vector(stateName.backendInFlight(instance.backend.id), 1)
  }

  /** Open leases of the instance, over all routes that name it. */
  get inFlight(): number {
    return this.#own[0] ?? 0
  }

  /** Whether its backend takes one more call. */
  get hasRoom(): boolean {
    return this.room > 0
  }

  /** How many more calls its backend takes. */
  get room(): number {
    const limit = this.instance.backend.maxConcurrency
    return limit === undefined ? Infinity : Math.max(0, limit - (this.#backend[0] ?? 0))
  }

  /** What keeps it from being asked, apart from its health and its room; undefined when nothing does. */
  barredBy(now: number): 'override' | 'credential' | 'breaker' | 'pause' | 'limit' | undefined {
    if (overrideOf(this.override, now) !== undefined) return 'override'
    if (credentialParkedUntil(this.credential, now) !== undefined) return 'credential'
    if (!admits(this.breaker, this.breakerSettings, now)) return 'breaker'
    if (pausedUntil(this.pause, now) !== undefined) return 'pause'
    return this.#claims.length > 0 && this.#limitedFor(now) > 0 ? 'limit' : undefined
  }

  /** When its limits let it be asked, monotonic ms. */
  limitedUntil(now: number): number {
    return now + this.#limitedFor(now)
  }

  /** Takes one request from its own limits; the result is to be called when the request has ended. */
  takeLimits(now: number): () => void {
    if (this.#claims.length === 0) return NOTHING_TAKEN
    takeAll(this.#claims, now)
    return () => {
      for (const { limiter, state, cost } of this.#claims) limiter.release(state, cost)
    }
  }

  /** A queue of one instance would only hold back what another one can serve: to wait is to be refused here. */
  #limitedFor(now: number): number {
    const admission = checkAll(this.#claims, now)
    return admission.kind === 'deny' ? admission.retryAfterMs : admission.waitMs
  }

  add(count: 1 | -1): void {
    this.#own[0] = (this.#own[0] ?? 0) + count
    this.#backend[0] = (this.#backend[0] ?? 0) + count
  }
}

/** How the state table's vectors are named. */
export const stateName = {
  health: (backendId: string) => `health:${backendId}`,
  inFlight: (instanceId: string) => `in-flight:${instanceId}`,
  backendInFlight: (backendId: string) => `backend-in-flight:${backendId}`,
  breaker: (instanceId: string) => `breaker:${instanceId}`,
  pause: (instanceId: string) => `pause:${instanceId}`,
  override: (instanceId: string) => `override:${instanceId}`,
  credential: (backendId: string) => `credential:${backendId}`,
  retries: (route: Route) => `retries:${route.service}:${route.model}`,
  hedges: (route: Route) => `hedges:${route.service}:${route.model}`,
  firstTokens: (route: Route) => `first-tokens:${route.service}:${route.model}`,
  latency: (instanceId: string) => `latency:${instanceId}`,
  balance: (route: Route, instance: Instance) => `balance:${route.service}:${route.model}:${instance.id}`,
}

/** Whether a vector of that name stays while it is not 0, whoever left the config: counts of open leases, and what an operator said. */
export function isLasting(name: string): boolean {
  return name.startsWith('in-flight:') || name.startsWith('backend-in-flight:') || name.startsWith('override:')
}

export interface RouteStates {
  /** The route's instances whose backends have the endpoint. */
  of(route: Route, endpoint: EndpointId): readonly InstanceState[]
}

/** Looks the vectors up once for each route of a snapshot; the entry goes with the snapshot, the vectors stay. */
export function createRouteStates(memory: { readonly table: StateTable; readonly limits: LimitStates }): RouteStates {
  const known = new WeakMap<Route, Map<EndpointId, readonly InstanceState[]>>()
  return {
    of(route, endpoint) {
      let byEndpoint = known.get(route)
      if (byEndpoint === undefined) {
        byEndpoint = new Map()
        known.set(route, byEndpoint)
      }
      let states = byEndpoint.get(endpoint)
      if (states === undefined) {
        const able = route.instances.filter(({ backend }) => backend.adapter.paths[endpoint] !== undefined)
        states = able.map((instance) => new InstanceState(instance, route, memory))
        byEndpoint.set(endpoint, states)
      }
      return states
    },
  }
}
