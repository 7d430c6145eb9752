import { z } from 'zod'
import { adminSchema, oidcProviderSchema, SESSION_DEFAULTS, sessionsSchema, tokensSchema } from './accounts.ts'
import { userAdapterSchema } from './adapter.ts'
import { alertsSchema } from './alerts.ts'
import { auditSchema } from './audit.ts'
import { captureSchema } from './capture.ts'
import { configManagementSchema } from './config-management.ts'
import { contentReferences, contentRuleSchema } from './content-rules.ts'
import { experimentSchema } from './experiment.ts'
import { cacheSchema, fallbackStepSchema } from './fallback.ts'
import { expectationSchema, explainSchema } from './explain.ts'
import { historySchema } from './history.ts'
import { identifier as id, modelName } from './identifiers.ts'
import { configKeySchema } from './key.ts'
import { limitSchema } from './limit.ts'
import { logSchema } from './log.ts'
import { BALANCERS, REASONING_FIELDS, SERVICES } from './names.ts'
import { networkSchema } from './network.ts'
import { pricesSchema } from './prices.ts'
import { STORE_DEFAULTS, storeSchema } from './store.ts'
import { tracingSchema } from './tracing.ts'
import { duration, size } from './units.ts'

const weight = z.number().positive().max(1_000_000)
/** 1 is the highest tier; a lower tier is used only while no higher one can serve. */
const priority = z.int().min(1).max(100)
const headers = z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9a-zA-Z-]+$/, 'expected a header name'), z.string())

/** Where consistent-hash takes its key from, first one present wins; the client's address is the last resort. */
const hashKey = z
  .string()
  .regex(
    /^(user|prompt_cache_key|client-ip|header:[!#$%&'*+.^_`|~0-9a-zA-Z-]+)$/,
    'expected user, prompt_cache_key, client-ip or header:NAME',
  )

const timeoutsSchema = z.strictObject({
  /** Until the connection stands. */
  connect: duration.optional(),
  /** Until the response's headers, and for an answer that is not a stream until its end. */
  response: duration.optional(),
  /** Until a stream's first event with content. */
  firstToken: duration.optional(),
  /** Between two events of a stream, or two chunks of a body. Comments do not count. */
  idle: duration.optional(),
  /** The whole request, all attempts together. */
  total: duration.optional(),
})

const breakerSchema = z.strictObject({
  enabled: z.boolean().optional(),
  /** Hard failures in a row that open it. */
  consecutive: z.int().min(1).max(10_000).optional(),
  /** Share of failures in `window` that opens it, once there were `minimum` calls. */
  failureRate: z.number().gt(0).max(1).optional(),
  minimum: z.int().min(1).max(1_000_000).optional(),
  window: duration.optional(),
  /** Twice as long each time it opens again, up to `maxOpenFor`. */
  openFor: duration.optional(),
  maxOpenFor: duration.optional(),
  /** Calls that a half-open one lets out at a time. */
  probes: z.int().min(1).max(1_000).optional(),
  /** How many of those in a row close it. */
  successes: z.int().min(1).max(1_000).optional(),
})

const retrySchema = z.strictObject({
  /** Upstream calls for one request, at most. */
  attempts: z.int().min(1).max(10).optional(),
  /** Retries that each request adds to the budget; what provably never left costs nothing. */
  budget: z.number().min(0).max(10).optional(),
  /** The longest Retry-After that is waited out. */
  maxWait: duration.optional(),
  /** A streamed chat that breaks after its first byte is completed by another call, if that one's answer begins alike. */
  resume: z.boolean().optional(),
})

/** Where requests wait while every instance of their model is at its backend's `maxConcurrency`. */
const queueSchema = z.strictObject({
  /** How many may wait, in each of the four priorities; 0: nobody waits. */
  size: z.int().min(0).max(1_000_000).optional(),
  /** How long one may wait. */
  timeout: duration.optional(),
})

/** A second call to another instance when the first is late to begin its answer. */
const hedgeSchema = z.strictObject({
  enabled: z.boolean().optional(),
  /** A duration, or `p95`: later than 95 % of the model's last answers began. */
  after: z.union([z.string().regex(/^p([1-9]\d?)$/, 'expected a duration, or a percentile such as p95'), duration]).optional(),
  /** Second calls, as a share of all requests. */
  budget: z.number().gt(0).max(1).optional(),
})

/** From how long on a request is slow. A duration alone is that of the whole request. */
const slowSchema = z.union([
  duration,
  z.strictObject({
    /** Until the last byte of the answer. */
    total: duration.optional(),
    /** Of a stream: until its first byte. */
    firstToken: duration.optional(),
    /** Of a stream: the longest silence in it. */
    betweenTokens: duration.optional(),
  }),
])

/** Nearest wins, setting by setting: model, service, defaults. */
export const policySchema = z.strictObject({
  balance: z.enum(BALANCERS).optional(),
  hashKeys: z.array(hashKey).min(1).optional(),
  timeouts: timeoutsSchema.optional(),
  retry: retrySchema.optional(),
  breaker: breakerSchema.optional(),
  queue: queueSchema.optional(),
  /** Off unless given. */
  hedge: hedgeSchema.optional(),
  /** In order, once no instance could answer; an empty list turns off what a farther place says. */
  fallback: z.array(fallbackStepSchema).max(20).optional(),
  /** Off unless given. */
  cache: cacheSchema.optional(),
  /** Those of all places hold together: no place takes away what another one says. */
  limits: z.array(limitSchema).optional(),
  /** How long an instance that has recovered takes to reach its full share; 0s turns it off. */
  slowStart: duration.optional(),
  /** What is slow is flagged and counted, and its decision is kept. */
  slow: slowSchema.optional(),
  /** Where chat clients find the reasoning; `none` keeps it from them. */
  emitReasoning: z.enum(REASONING_FIELDS).optional(),
  /** Rules of `contentRules` that hold; an empty list turns off what a farther place says. */
  content: contentReferences.optional(),
  /** Off unless given. */
  capture: captureSchema.optional(),
})

const healthSchema = z.strictObject({
  enabled: z.boolean().default(true),
  interval: duration.default(10_000),
  timeout: duration.default(2_000),
  unhealthyAfter: z.int().min(1).max(100).default(3),
  healthyAfter: z.int().min(1).max(100).default(2),
})

const backendModelSchema = z.union([
  modelName,
  z.strictObject({
    /** The upstream's name for it. */
    name: modelName,
    /** The public name; the upstream's when left out. */
    as: modelName.optional(),
    /** What it is for; everything that the backend's adapter can do when left out. */
    services: z.array(z.enum(SERVICES)).min(1).optional(),
    weight: weight.optional(),
    priority: priority.optional(),
  }),
])

const backendSchema = z.strictObject({
  id,
  /** A built-in adapter's id, or one under `adapters`. */
  type: z.string().min(1),
  /** The server's root; the adapter knows the paths below it. May be left out for clouds. */
  url: z.url({ protocol: /^https?$/ }).optional(),
  apiKey: z.string().optional(),
  enabled: z.boolean().default(true),
  weight: weight.default(1),
  priority: priority.default(1),
  maxConcurrency: z.int().min(1).optional(),
  /** Over what model, service and defaults say. */
  breaker: breakerSchema.optional(),
  /** By instance. */
  limits: z.array(limitSchema).optional(),
  headers: headers.default({}),
  /** false: a connection of its own for each request. */
  keepAlive: z.boolean().default(true),
  /** PEM file of the certificate authority that signed the backend's certificate, beside those of the system. */
  ca: z.string().optional(),
  models: z.union([z.literal('auto'), z.array(backendModelSchema).min(1)]).default('auto'),
  /** How often the model list is read again, with `models: auto`. */
  refresh: duration.default(60_000),
  health: healthSchema.default({ enabled: true, interval: 10_000, timeout: 2_000, unhealthyAfter: 3, healthyAfter: 2 }),
})

const targetSchema = z.strictObject({
  backend: id,
  /** The upstream's model name; the public name when left out. */
  model: modelName.optional(),
  weight: weight.optional(),
  priority: priority.optional(),
  /** Of the model's experiment. */
  group: z.string().min(1).optional(),
})

const modelSchema = policySchema.extend({
  name: modelName,
  aliases: z.array(modelName).default([]),
  service: z.enum(SERVICES).default('chat'),
  targets: z.array(targetSchema).min(1),
  /** Traffic that is divided among groups of the targets. */
  experiment: experimentSchema.optional(),
})

export const configSchema = z.strictObject({
  server: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(8080),
      bodyLimit: size.default(32 * 1024 ** 2),
      /** CIDRs whose X-Forwarded-For is believed; otherwise the peer address is the client's. */
      trustedProxies: z.array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])).default([]),
      /** false hides the response headers that tell where a request went. */
      exposeRouting: z.boolean().default(true),
      /** Silence after which a client that waits for its stream gets a comment; 0s: never. */
      heartbeat: duration.default(15_000),
      /** What is kept of answers of the Responses API, to go on from (`previous_response_id`) or to read again; ttl 0s: nothing. */
      responses: z
        .strictObject({ ttl: duration.default(3_600_000), maxBytes: size.default(64 * 1024 ** 2) })
        .default({ ttl: 3_600_000, maxBytes: 64 * 1024 ** 2 }),
      /** Pictures that requests name by address, for backends that take them only as data. */
      pictures: z
        .strictObject({
          fetch: z.boolean().default(true),
          /** Also from addresses that are not public. */
          allowPrivate: z.boolean().default(false),
          maxBytes: size.default(20 * 1024 ** 2),
          timeout: duration.default(10_000),
        })
        .default({ fetch: true, allowPrivate: false, maxBytes: 20 * 1024 ** 2, timeout: 10_000 }),
      overload: z
        .strictObject({
          enabled: z.boolean().default(true),
          /** Lateness of the event loop (its p99 over ten seconds) that is too much. */
          loopDelay: duration.default(200),
          /** Connections of clients that are too many. */
          connections: z.int().min(1).max(10_000_000).default(20_000),
        })
        .default({ enabled: true, loopDelay: 200, connections: 20_000 }),
      realtime: z
        .strictObject({
          /** Silence in both directions after which a session is closed. */
          idle: duration.default(300_000),
          /** Sessions at the same time. */
          maxConnections: z.int().min(1).max(10_000_000).default(1_000),
        })
        .default({ idle: 300_000, maxConnections: 1_000 }),
      drain: z
        .strictObject({ accept: duration.default(5_000), grace: duration.default(600_000) })
        .default({ accept: 5_000, grace: 600_000 }),
    })
    .default({
      host: '127.0.0.1',
      port: 8080,
      bodyLimit: 32 * 1024 ** 2,
      trustedProxies: [],
      exposeRouting: true,
      heartbeat: 15_000,
      responses: { ttl: 3_600_000, maxBytes: 64 * 1024 ** 2 },
      pictures: { fetch: true, allowPrivate: false, maxBytes: 20 * 1024 ** 2, timeout: 10_000 },
      overload: { enabled: true, loopDelay: 200, connections: 20_000 },
      realtime: { idle: 300_000, maxConnections: 1_000 },
      drain: { accept: 5_000, grace: 600_000 },
    }),
  auth: z
    .strictObject({
      /** auto: open on loopback while no key exists, required otherwise. */
      mode: z.enum(['auto', 'required', 'none']).default('auto'),
      keys: z.array(configKeySchema).default([]),
      /** Wrong keys from one client network (of IPv6 a /64) that are answered with 401 within `window`; then 429. 0: any number. */
      failures: z
        .strictObject({ limit: z.int().min(0).max(1_000_000).default(10), window: duration.default(60_000) })
        .default({ limit: 10, window: 60_000 }),
      sessions: sessionsSchema,
      tokens: tokensSchema,
      oidc: z.array(oidcProviderSchema).max(20).default([]),
    })
    .default({
      mode: 'auto',
      keys: [],
      failures: { limit: 10, window: 60_000 },
      sessions: SESSION_DEFAULTS,
      tokens: { algorithm: 'HS256' },
      oidc: [],
    }),
  admin: adminSchema,
  network: networkSchema,
  audit: auditSchema,
  log: logSchema,
  tracing: tracingSchema,
  config: configManagementSchema.default({ managed: 'api', keep: 1_000 }),
  store: storeSchema.default(STORE_DEFAULTS),
  backends: z.array(backendSchema).default([]),
  models: z.array(modelSchema).default([]),
  adapters: z.record(id, userAdapterSchema).default({}),
  explain: explainSchema,
  history: historySchema,
  alerts: alertsSchema,
  expect: z.array(expectationSchema).default([]),
  contentRules: z.array(contentRuleSchema).max(1_000).default([]),
  defaults: policySchema.default({}),
  services: z.partialRecord(z.enum(SERVICES), policySchema).default({}),
  /** What budgets of money go by. */
  prices: pricesSchema.default({}),
})

/** The config file after parsing: durations in milliseconds, sizes in bytes, defaults filled in. */
export type Config = z.output<typeof configSchema>
export type ConfigInput = z.input<typeof configSchema>
export type BackendConfig = Config['backends'][number]
export type PolicyConfig = z.output<typeof policySchema>
export type PolicyInput = z.input<typeof policySchema>
export type BreakerConfig = z.output<typeof breakerSchema>
