import type { BalancerName, Band, FallbackCondition, LimitCount, LimitScope, ReasoningField, Service } from '@jairouter/contract/names'
import type { AdapterDefinition } from '../adapters/definition.ts'
import type { BreakerSettings } from '../breaker/breaker.ts'
import type { ContentRule } from '../content/rule.ts'
import type { LimitSettings } from '../limit/limiter.ts'

/**
 * The compiled config: immutable plain data that can be structured-cloned. A request takes one snapshot when it
 * begins and keeps it; a reload replaces the snapshot by one assignment. Run-time state (health, in flight, the
 * balancers' memory) lives elsewhere, keyed by instance or backend id, and outlives it.
 */
export interface Snapshot {
  /** Counts up with every swap. */
  readonly generation: number
  readonly server: ServerSettings
  readonly auth: AuthSettings
  readonly logLevel: string
  readonly backends: ReadonlyMap<string, Backend>
  /** Public name (or alias) → route, for each service. */
  readonly routes: ReadonlyMap<Service, ReadonlyMap<string, Route>>
  /** What GET /v1/models shows, sorted by id. */
  readonly models: readonly PublicModel[]
  /** Backends whose models are to be discovered and have not been yet: a model that is unknown may be theirs. */
  readonly undiscovered: readonly string[]
  /** By name; those that hold somewhere are also there. */
  readonly contentRules: ReadonlyMap<string, ContentRule>
}

export interface ServerSettings {
  readonly host: string
  readonly port: number
  readonly bodyLimit: number
  readonly trustedProxies: readonly string[]
  readonly exposeRouting: boolean
  /** 0: no heartbeats. */
  readonly heartbeatMs: number
  /** What is kept of answers of the Responses API. `ttlMs` 0: nothing. */
  readonly responses: { readonly ttlMs: number; readonly maximumBytes: number }
  readonly pictures: { readonly fetch: boolean; readonly allowPrivate: boolean; readonly maximumBytes: number; readonly timeoutMs: number }
  readonly overload: { readonly enabled: boolean; readonly loopDelayMs: number; readonly connections: number }
  readonly realtime: { readonly idleMs: number; readonly maxConnections: number }
  readonly drain: { readonly acceptMs: number; readonly graceMs: number }
}

export interface AuthSettings {
  readonly mode: 'open' | 'required'
  /** Keyed by the key's SHA-256 in hex. */
  readonly keys: ReadonlyMap<string, KeyRecord>
}

export interface KeyRecord {
  readonly name: string
  readonly limits: readonly LimitRule[]
  readonly models: readonly string[]
  readonly priority: Band
  readonly enabled: boolean
  /** Epoch milliseconds. */
  readonly expiresAt?: number
  /** Beside those of the route; undefined: none. */
  readonly content?: readonly ContentRule[]
}

export interface Backend {
  readonly id: string
  readonly adapter: AdapterDefinition
  /** Scheme, host and port, without a slash at the end. */
  readonly origin: string
  /** Path of the backend's URL, '' or '/something' without a slash at the end. */
  readonly basePath: string
  readonly apiKey?: string
  readonly headers: Readonly<Record<string, string>>
  readonly maxConcurrency?: number
  /** Thresholds of its own, over the policy's. */
  readonly breaker: Partial<BreakerSettings>
  /** Of each of its instances. */
  readonly limits: readonly LimitRule[]
  /** Connections may serve one request after another. */
  readonly keepAlive: boolean
  /** PEM text of an extra certificate authority. */
  readonly ca?: string
  readonly discover: boolean
  readonly refreshMs: number
  readonly health: {
    readonly enabled: boolean
    readonly intervalMs: number
    readonly timeoutMs: number
    readonly unhealthyAfter: number
    readonly healthyAfter: number
  }
}

/** One upstream model on one backend, as seen from one route. */
export interface Instance {
  /** `backend/upstream-model`; the key of all run-time state. */
  readonly id: string
  readonly backend: Backend
  /** The upstream's name for the model. */
  readonly model: string
  readonly weight: number
  readonly priority: number
}

export interface Route {
  readonly service: Service
  /** The public name (never an alias). */
  readonly model: string
  readonly instances: readonly Instance[]
  readonly policy: Policy
  /** Of the defaults, the service and the model, but for those by instance. */
  readonly limits: readonly LimitRule[]
  /** Those by instance. */
  readonly instanceLimits: readonly LimitRule[]
}

export interface Policy {
  readonly balance: BalancerName
  readonly hashKeys: readonly string[]
  readonly timeouts: Timeouts
  readonly retry: RetryPolicy
  readonly breaker: BreakerSettings
  readonly slowStartMs: number
  readonly queue: QueuePolicy
  /** Undefined: no second calls. */
  readonly hedge: HedgePolicy | undefined
  readonly fallback: readonly FallbackStep[]
  /** Undefined: no answer is given twice. */
  readonly cache: CachePolicy | undefined
  readonly emitReasoning: ReasoningField
  /** What may stand in requests and answers; undefined: anything. */
  readonly content: readonly ContentRule[] | undefined
}

/** A second call when the first is late. */
export interface HedgePolicy {
  /** How late; undefined: later than `quantile` of the model's last answers began. */
  readonly afterMs: number | undefined
  readonly quantile: number
  /** Second calls, as a share of all requests. */
  readonly budget: number
}

export interface QueuePolicy {
  /** In each of the priorities; 0: nobody waits. */
  readonly size: number
  readonly timeoutMs: number
}

/** One way to answer when no instance could. */
export type FallbackStep = { readonly on: readonly FallbackCondition[] } & (
  | { readonly kind: 'model'; readonly model: string }
  | { readonly kind: 'cache'; readonly maxAgeMs: number }
  | { readonly kind: 'response'; readonly content: string }
)

export interface CachePolicy {
  readonly ttlMs: number
  readonly maxEntries: number
  readonly maxBytes: number
}

export interface LimitRule {
  /** The same as long as its place and its parameters are; its memory goes by it. */
  readonly id: string
  readonly by: LimitScope
  readonly count: LimitCount
  readonly settings: LimitSettings
}

export interface RetryPolicy {
  /** Upstream calls for one request, at most. */
  readonly attempts: number
  /** Retries that each request adds to the route's budget. */
  readonly budget: number
  /** The longest Retry-After that is waited out. */
  readonly maxWaitMs: number
  /** A stream that broke is completed by another call. */
  readonly resume: boolean
}

/** All in milliseconds. */
export interface Timeouts {
  readonly connect: number
  readonly response: number
  readonly firstToken: number
  readonly idle: number
  readonly total: number
}

export interface PublicModel {
  readonly id: string
  /** Epoch seconds; 0 when nobody knows. */
  readonly created: number
  readonly ownedBy: string
  readonly services: readonly Service[]
}
