import type { TokenAlgorithm } from '@jairouter/contract/accounts'
import type { LogLevel } from '@jairouter/contract/log'
import type { CapturePlace } from '@jairouter/contract/capture'
import type { ContentSide } from '@jairouter/contract/content-rules'
import type { Role } from '@jairouter/contract/management/roles'
import type { BalancerName, Band, FallbackCondition, LimitCount, LimitScope, ReasoningField, Service } from '@jairouter/contract/names'
import type { StoreType } from '@jairouter/contract/store'
import type { TraceExporter } from '@jairouter/contract/tracing'
import type { AdapterDefinition } from '../adapters/definition.ts'
import type { AlertRule } from '../alert/rule.ts'
import type { BreakerSettings } from '../breaker/breaker.ts'
import type { Prices } from '@jairouter/contract/prices'
import type { ExperimentPlace, ExperimentPlan } from '../experiment/plan.ts'
import type { AddressTable } from '../lib/address-table.ts'
import type { ContentRule } from '../content/rule.ts'
import type { LimitSettings } from '../limit/limiter.ts'

/**
 * The compiled config: immutable plain data that can be structured-cloned. A request takes one snapshot when it
 * begins and keeps it; a reload replaces the snapshot by one assignment. Run-time state (health, in flight, the
 * balancers' memory) lives elsewhere, keyed by instance or backend id, and outlives it.
 */
export interface Snapshot {
  /** Counts up with every config and with every model list; keys and blocks that change leave it as it is. */
  readonly generation: number
  readonly server: ServerSettings
  readonly auth: AuthSettings
  /** Takes effect at the start alone. */
  readonly store: StoreSettings
  readonly accounts: AccountSettings
  readonly admin: AdminSettings
  readonly log: LogSettings
  /** Undefined: nothing is traced. */
  readonly tracing: TracingSettings | undefined
  readonly explain: ExplainSettings
  /** How much of the audit log is kept. */
  readonly audit: { readonly keepMs: number; readonly maxEntries: number }
  readonly history: HistorySettings
  readonly alerts: AlertSettings
  /** Where backends may be; checked at each connection. */
  readonly network: { readonly privateAddresses: boolean }
  readonly backends: ReadonlyMap<string, Backend>
  /** Public name (or alias) -> route, for each service. */
  readonly routes: ReadonlyMap<Service, ReadonlyMap<string, Route>>
  /** What GET /v1/models shows, sorted by id. */
  readonly models: readonly PublicModel[]
  /** Backends whose models are to be discovered and have not been yet: a model that is unknown may be theirs. */
  readonly undiscovered: readonly string[]
  /** Public model name -> what its tokens cost. */
  readonly prices: Prices
  /** By name; those that hold somewhere are also there. */
  readonly contentRules: ReadonlyMap<string, ContentRule>
  /** Whom nobody is to answer; undefined: there is nobody. */
  readonly blocks?: Blocks
}

/** Each with the time until which it counts, as epoch milliseconds; Infinity: for ever. */
export interface Blocks {
  /** Undefined where no address is blocked. */
  readonly addresses: AddressTable | undefined
  /** By the key's id. */
  readonly keys: ReadonlyMap<string, number>
  readonly users: ReadonlyMap<string, number>
  readonly sessions: ReadonlyMap<string, number>
}

export interface LogSettings {
  readonly level: LogLevel
  /** Share of the requests that went well which get a line. */
  readonly sample: number
}

export interface TracingSettings {
  readonly exporter: TraceExporter
  /** Where batches are sent; unused by `console`. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly ratio: number
  readonly parent: boolean
  readonly always: { readonly errors: boolean; readonly slow: boolean }
  readonly services: Readonly<Partial<Record<Service, number>>>
  /** Public model name -> its share. */
  readonly models: ReadonlyMap<string, number>
  readonly serviceName: string
}

/** Of which requests the decision is kept. */
export interface ExplainSettings {
  /** Share of the requests that nothing is to be said of. */
  readonly sample: number
  /** How many, and how large together; 0: none. */
  readonly keep: number
  readonly maximumBytes: number
}

/** What is kept of requests that are over. */
export interface HistorySettings {
  readonly enabled: boolean
  readonly keepMs: number
  readonly maximumRows: number
  /** Requests that may wait to be written. */
  readonly buffer: number
  /** Of the sums by hour and day. */
  readonly keepUsageMs: number
  /** Models without a price of the config's cost what the shipped table says. */
  readonly startingPrices: boolean
  /** How long contents are kept that `capture` has kept, and who may read everybody's. */
  readonly content: { readonly keepMs: number; readonly readers: readonly Role[] }
}

/** What of contents is kept, and where. */
export interface CapturePolicy {
  readonly sides: readonly ContentSide[]
  readonly to: readonly CapturePlace[]
  /** Of each side. */
  readonly maximumBytes: number
}

/** Conditions that are looked at inside of the gateway. */
export interface AlertSettings {
  readonly everyMs: number
  /** Those that hold, with what came with the gateway; none while alerts are off. */
  readonly rules: readonly AlertRule[]
  /** By name; without the log. */
  readonly receivers: ReadonlyMap<string, WebhookSettings>
}

export interface WebhookSettings {
  readonly name: string
  readonly url: string
  readonly secret?: string
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  /** For each try. */
  readonly timeoutMs: number
  readonly attempts: number
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

export interface StoreSettings {
  readonly type: StoreType
  /** Folder, as written: relative to where the gateway was started. */
  readonly path: string
  /** With its password. There whenever the type is postgres. */
  readonly url?: string
}

export interface AuthSettings {
  readonly mode: 'open' | 'required'
  /** Keyed by the key's SHA-256 in hex. */
  readonly keys: ReadonlyMap<string, KeyRecord>
  /** Wrong keys from one client network that are answered with 401 within `windowMs`; 0: any number. */
  readonly failures: { readonly limit: number; readonly windowMs: number }
}

/** How people come in. */
export interface AccountSettings {
  readonly sessions: { readonly accessMs: number; readonly refreshMs: number; readonly absoluteMs: number }
  /** The file is there for all algorithms but HS256. */
  readonly tokens: { readonly algorithm: TokenAlgorithm; readonly privateKeyFile?: string }
  /** By id. */
  readonly oidc: ReadonlyMap<string, OidcProvider>
}

export interface OidcProvider {
  readonly id: string
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: string
  readonly scopes: readonly string[]
  readonly roles: { readonly claim: string; readonly map: Readonly<Record<string, Role>>; readonly default: Role | 'none' }
  readonly redirectUrl?: string
  readonly allowInsecure: boolean
}

export interface AdminSettings {
  readonly enabled: boolean
  /** Undefined: that of the model APIs. */
  readonly port?: number
  /** Small letters, without ports; `*.` stands for any name below. Loopback names are allowed without being here. */
  readonly hosts: readonly string[]
  /** Without a slash at the end. */
  readonly publicUrl?: string
  /** Bytes. */
  readonly bodyLimit: number
}

export interface KeyRecord {
  /** What stays when it is renamed or rotated: limits, budgets and blocks go by it. The name, where there is none. */
  readonly id?: string
  readonly name: string
  /** Made over the management API, by us: nobody can guess it. Otherwise it is the config's. */
  readonly source?: 'store'
  /** The user whose it is, by name. */
  readonly owner?: string
  /** Where a user came with a token: by id, and in which session. */
  readonly ownerId?: string
  readonly sessionId?: string
  readonly team?: string
  readonly tags?: readonly string[]
  /** Undefined: all. */
  readonly services?: readonly Service[]
  /** Clients that it may come from; undefined: all. */
  readonly addresses?: AddressTable
  readonly limits: readonly LimitRule[]
  readonly models: readonly string[]
  readonly priority: Band
  /** Of the user who came with a token in place of a key. */
  readonly role?: Role
  readonly enabled: boolean
  /** Epoch milliseconds. */
  readonly expiresAt?: number
  /** Rules beside those of the route, by name; and those of them that the config has. Undefined: none. */
  readonly contentNames?: readonly string[]
  readonly content?: readonly ContentRule[]
  /** Whether what its requests and their answers say is kept; undefined: as the policy says. */
  readonly capture?: boolean
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
  /** Undefined: all requests are alike. */
  readonly experiment?: Experiment
  /** Of a route that is one group's of an experiment. */
  readonly place?: ExperimentPlace
}

/** Which of its routes a request takes. */
export interface Experiment extends ExperimentPlan {
  /** One for each group of the plan, in its order: its own instances, then, a hundred tiers lower, those of the others that have traffic. */
  readonly routes: readonly Route[]
  /** Of copies: one call to the shadow group alone, no fallback, nothing remembered. */
  readonly shadowRoute: Route | undefined
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
  readonly slow: SlowLimits
  readonly emitReasoning: ReasoningField
  /** What may stand in requests and answers; undefined: anything. */
  readonly content: readonly ContentRule[] | undefined
  /** What requests and answers say is kept so. */
  readonly capture: CapturePolicy | undefined
}

/** From how long on a request is slow: as a whole, until the first byte of its stream, and for the longest silence in that. */
export interface SlowLimits {
  readonly totalMs: number
  readonly firstTokenMs: number
  readonly betweenTokensMs: number
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
