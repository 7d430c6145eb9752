import type { Instance as LiveInstance } from '@jairouter/contract/management/instances'
import { breakerSnapshot, BREAKER_SIZE, type BreakerSettings } from '../breaker/breaker.ts'
import { credentialParkedUntil } from '../breaker/credential.ts'
import { overrideOf } from '../breaker/override.ts'
import { pausedUntil } from '../breaker/pause.ts'
import { latencyOf } from '../balance/latency.ts'
import type { Instance, Route, Snapshot } from '../config/snapshot.ts'
import { HEALTH_SIZE, snapshotOf } from '../health/health.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { StateTable } from '../lib/state-table.ts'
import { checkAll } from '../limit/take-all.ts'
import type { LimitStates } from './limit-states.ts'
import { stateName } from './route-states.ts'

export interface LiveInstancesOptions {
  readonly table: StateTable
  readonly limits: LimitStates
  readonly snapshot: () => Snapshot
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Epoch milliseconds. */
  readonly wallClock: () => number
  /** Why a backend's health changed last. */
  readonly healthReason: (backendId: string) => string | undefined
}

export interface LiveInstances {
  /** Every instance of the config in force, once, in the order of the routes. Without overrides, which the desk of those adds. */
  all(): LiveInstance[]
  get(id: string): LiveInstance | undefined
  /** Open leases, also of one that has left the config. */
  inFlight(id: string): number
}

/** What is known of each instance just now, read from the vectors when somebody looks; requests pay nothing for it. */
export function createLiveInstances(options: LiveInstancesOptions): LiveInstances {
  const epochOf = createEpochClock(options)
  const inFlight = (id: string) => options.table.peek(stateName.inFlight(id))?.[0] ?? 0
  return {
    all: () => [...placesOf(options.snapshot()).values()].map((places) => describe(places, { ...options, epochOf })),
    get(id) {
      const places = placesOf(options.snapshot()).get(id)
      return places === undefined ? undefined : describe(places, { ...options, epochOf })
    },
    inFlight,
  }
}

/** One instance in one route. */
interface Place {
  readonly route: Route
  readonly instance: Instance
}
type Places = readonly [Place, ...Place[]]

function placesOf({ routes }: Snapshot): Map<string, Places> {
  const byId = new Map<string, [Place, ...Place[]]>()
  const seen = new Set<Route>()
  for (const route of [...routes.values()].flatMap((byName) => [...byName.values()])) {
    // Aliases lead to the same route.
    if (seen.has(route)) continue
    seen.add(route)
    for (const instance of route.instances) {
      const place = { route, instance }
      const known = byId.get(instance.id)
      if (known === undefined) byId.set(instance.id, [place])
      else known.push(place)
    }
  }
  return byId
}

/** Past a second the wall clock was set, and is followed. */
const CLOCKS_APART_MS = 1_000

/** Monotonic -> epoch milliseconds; the same time always comes out as the same, or everything would seem to change all the time. */
function createEpochClock({ now, wallClock }: LiveInstancesOptions): (monotonic: number) => number {
  let offset = wallClock() - now()
  return (monotonic) => {
    const current = wallClock() - now()
    if (Math.abs(current - offset) > CLOCKS_APART_MS) offset = current
    return Math.round(monotonic + offset)
  }
}

function describe(places: Places, options: LiveInstancesOptions & { readonly epochOf: (monotonic: number) => number }): LiveInstance {
  const [{ instance, route }] = places
  const { backend } = instance
  const { table, epochOf } = options
  const at = options.now()
  const iso = (monotonic: number) => isoTime(epochOf(monotonic))
  const until = (name: string, time: number | undefined) => (time === undefined ? {} : { [name]: iso(time) })
  const health = snapshotOf(table.peek(stateName.health(backend.id)) ?? new Float64Array(HEALTH_SIZE))
  const reason = options.healthReason(backend.id)
  const paused = maybe(table.peek(stateName.pause(instance.id)), (state) => pausedUntil(state, at))
  const parked = maybe(table.peek(stateName.credential(backend.id)), (state) => credentialParkedUntil(state, at))
  const latencyMs = maybe(table.peek(stateName.latency(instance.id)), latencyOf) ?? 0
  const settings: BreakerSettings = { ...route.policy.breaker, ...backend.breaker }
  const breaker = breakerSnapshot(table.peek(stateName.breaker(instance.id)) ?? new Float64Array(BREAKER_SIZE), settings, at)
  const barredBy = whyNot(places, { options, at, unhealthy: health.status === 'unhealthy', parked, paused, breaker })
  return {
    id: instance.id,
    backend: backend.id,
    model: instance.model,
    routes: places.map((place) => ({
      service: place.route.service,
      model: place.route.model,
      weight: place.instance.weight,
      priority: place.instance.priority,
    })),
    available: barredBy === undefined,
    ...(barredBy === undefined ? {} : { barredBy }),
    health: {
      status: health.status,
      ...(health.since === 0 ? {} : { since: iso(health.since) }),
      ...(reason === undefined ? {} : { reason }),
    },
    warming: health.status === 'warming',
    breaker: {
      state: breaker.status,
      ...(breaker.reason === undefined ? {} : { reason: breaker.reason }),
      ...until('openedAt', breaker.openedAt),
      ...until('nextProbeAt', breaker.nextProbeAt),
      consecutive: breaker.consecutiveFailures,
      failureRate: breaker.failureRate,
      samples: breaker.samples,
    },
    ...until('pausedUntil', paused),
    ...until('credentialParkedUntil', parked),
    inFlight: table.peek(stateName.inFlight(instance.id))?.[0] ?? 0,
    ...(backend.maxConcurrency === undefined ? {} : { maxConcurrency: backend.maxConcurrency }),
    latencyMs: latencyMs === 0 ? null : Math.round(latencyMs * 10) / 10,
    weight: instance.weight,
    priority: instance.priority,
  }
}

interface Seen {
  readonly options: LiveInstancesOptions
  readonly at: number
  readonly unhealthy: boolean
  readonly parked: number | undefined
  readonly paused: number | undefined
  readonly breaker: ReturnType<typeof breakerSnapshot>
}

/** As `InstanceState.barredBy`, without making a vector that nobody needs; with health and room, which the plan looks at apart. */
function whyNot([{ instance, route }]: Places, { options, at, unhealthy, parked, paused, breaker }: Seen): LiveInstance['barredBy'] {
  const { table, limits } = options
  const override = maybe(table.peek(stateName.override(instance.id)), (state) => overrideOf(state, at))
  if (override !== undefined) return 'override'
  if (unhealthy) return 'unhealthy'
  if (parked !== undefined) return 'credential'
  if (breaker.status === 'open' && (breaker.nextProbeAt ?? at) > at) return 'breaker'
  if (paused !== undefined) return 'pause'
  const rules = [...route.instanceLimits, ...instance.backend.limits]
  const claims = rules.flatMap((rule) => {
    const state = limits.peek(rule, instance.id)
    return state === undefined ? [] : [{ limiter: limits.limiterOf(rule), state, cost: 1 }]
  })
  const verdict = checkAll(claims, at)
  if (verdict.kind === 'deny' || verdict.waitMs > 0) return 'limit'
  const { maxConcurrency, id } = instance.backend
  const busy = maxConcurrency !== undefined && (table.peek(stateName.backendInFlight(id))?.[0] ?? 0) >= maxConcurrency
  return busy ? 'busy' : undefined
}

function maybe<Value>(state: Float64Array | undefined, read: (state: Float64Array) => Value): Value | undefined {
  return state === undefined ? undefined : read(state)
}
