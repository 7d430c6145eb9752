import type { Config } from '@jairouter/contract/config'
import { SERVICES, type Service } from '@jairouter/contract/names'
import { deepFreeze } from '../lib/deep-freeze.ts'
import { compileAccounts, compileAdmin } from './compile-accounts.ts'
import { compileAlerts } from './compile-alerts.ts'
import { compileAuth, type OtherKeys } from './compile-auth.ts'
import { checkExpectations } from './check-expectations.ts'
import { checkContentReferences, compileContentRules } from './compile-content.ts'
import { compileBackends, type Certificates, type CompiledBackends } from './compile-backends.ts'
import { checkDurations } from './compile-durations.ts'
import type { Catalog } from './compile-offers.ts'
import type { CompileProblem, Report } from './compile-problem.ts'
import { checkFallbacks, type KnownModels } from './compile-fallback.ts'
import { compileTracing } from './compile-tracing.ts'
import { compileRoutes, mapInner, type CompiledRoutes } from './compile-routes.ts'
import type { ExplainSettings, HistorySettings, PublicModel, ServerSettings, Snapshot, StoreSettings } from './snapshot.ts'

export interface CompileOptions {
  readonly generation: number
  /** Needed only where a backend has a `ca`. */
  readonly certificates?: Certificates
  /** Default: there are none. */
  readonly otherKeys?: OtherKeys
  /** What an expectation that does not hold is. Default: a problem. */
  readonly unmet?: 'problem' | 'warning'
}

export interface Compiled {
  readonly snapshot: Snapshot
  /** What is no fault, but is to be known. */
  readonly warnings: readonly CompileProblem[]
}

/**
 * Config and discovered models -> the snapshot that requests are answered by, or everything that is wrong with the
 * config beyond its schema. Pure: run it again when a backend's model list has changed.
 */
export function compile(
  config: Config,
  catalog: Catalog,
  options: CompileOptions,
): Compiled | { readonly problems: readonly CompileProblem[] } {
  const warnings: CompileProblem[] = []
  const warn: Report = (path, message) => {
    warnings.push({ path: [...path], message })
  }
  const problems: CompileProblem[] = []
  const report: Report = (path, message) => {
    problems.push({ path: [...path], message })
  }

  checkDurations(config, report)
  const server = compileServer(config, report)
  const contentRules = compileContentRules(config, report)
  checkContentReferences(config, report)
  const auth = compileAuth(config, report, { others: options.otherKeys, contentRules })
  const store = compileStore(config, report)
  const accounts = compileAccounts(config, report)
  const admin = compileAdmin(config, report)
  const tracing = compileTracing(config, report)
  const alerts = compileAlerts(config, report)
  const backends = compileBackends(config, options.certificates ?? new Map(), report)
  const routes = compileRoutes({ config, catalog, backends, contentRules }, report)
  const enabled = [...backends.byId.values()].filter((compiled) => compiled.config.enabled).map(({ backend }) => backend)
  const undiscovered = Object.freeze(enabled.filter(({ id, discover }) => discover && !catalog.has(id)).map(({ id }) => id))
  checkReachable(config, backends, report)
  checkFallbacks(config, knownModels(routes, undiscovered), report)
  const expected = {
    keys: [...auth.keys.values()],
    backends: backends.ids,
    routeOf: (service: Service, model: string) => routes.get(service)?.get(model)?.route,
    isFixed: (service: Service, model: string) => isOwnModel(config, service, model),
    undiscovered,
  }
  checkExpectations(config.expect, expected, { report: options.unmet === 'warning' ? warn : report, warn })
  if (problems.length > 0) return { problems }

  return {
    warnings,
    snapshot: Object.freeze({
      generation: options.generation,
      server,
      auth,
      store,
      accounts,
      admin,
      log: Object.freeze({ ...config.log }),
      tracing,
      explain: compileExplain(config),
      audit: Object.freeze({ keepMs: config.audit.keep, maxEntries: config.audit.maxEntries }),
      history: compileHistory(config),
      alerts,
      network: Object.freeze({ privateAddresses: config.network.privateAddresses }),
      backends: new Map(enabled.map((backend) => [backend.id, backend])),
      routes: mapInner(routes, ({ route }) => route),
      models: toPublicModels(routes),
      undiscovered,
      prices: deepFreeze({ ...config.prices }),
      contentRules,
    }),
  }
}

/** Under a name of `models`, what backends offer does not count. */
function isOwnModel({ models }: Config, service: Service, name: string): boolean {
  return models.some((model) => model.service === service && (model.name === name || model.aliases.includes(name)))
}

function knownModels(routes: CompiledRoutes, undiscovered: readonly string[]): KnownModels {
  return { names: (service) => new Set(routes.get(service)?.keys()), incomplete: undiscovered.length > 0 }
}

function compileServer({ server }: Config, report: Report): ServerSettings {
  if (server.bodyLimit < 1) report(['server', 'bodyLimit'], 'expected a size from 1b up')
  return deepFreeze({
    host: server.host,
    port: server.port,
    bodyLimit: server.bodyLimit,
    trustedProxies: [...server.trustedProxies],
    exposeRouting: server.exposeRouting,
    heartbeatMs: server.heartbeat,
    pictures: {
      fetch: server.pictures.fetch,
      allowPrivate: server.pictures.allowPrivate,
      maximumBytes: server.pictures.maxBytes,
      timeoutMs: server.pictures.timeout,
    },
    responses: { ttlMs: server.responses.ttl, maximumBytes: server.responses.maxBytes },
    overload: {
      enabled: server.overload.enabled,
      loopDelayMs: server.overload.loopDelay,
      connections: server.overload.connections,
    },
    realtime: { idleMs: server.realtime.idle, maxConnections: server.realtime.maxConnections },
    drain: { acceptMs: server.drain.accept, graceMs: server.drain.grace },
  })
}

function compileStore({ store }: Config, report: Report): StoreSettings {
  const { type, path, url } = store
  if (type === 'postgres' && url === undefined)
    report(['store'], 'needs a url, since its type is postgres: postgres://user:password@host:port/database')
  if (type !== 'postgres' && url !== undefined) report(['store', 'url'], `goes with type: postgres alone, and the type is ${type}`)
  return Object.freeze({ type, path, ...(url === undefined ? {} : { url }) })
}

function compileExplain({ explain: { sample, keep, maxBytes } }: Config): ExplainSettings {
  return Object.freeze({ sample, keep, maximumBytes: maxBytes })
}

function compileHistory({ history: { keep, maxRows, keepUsage, content, ...settings } }: Config): HistorySettings {
  const contents = Object.freeze({ keepMs: content.keep, readers: [...content.readers] })
  return Object.freeze({ ...settings, keepMs: keep, maximumRows: maxRows, keepUsageMs: keepUsage, content: contents })
}

/** A backend that cannot list its models and is no model's target would wait for requests in vain. */
function checkReachable(config: Config, backends: CompiledBackends, report: Report): void {
  const targets = new Set(config.models.flatMap((model) => model.targets.map(({ backend }) => backend)))
  for (const { config: backend, backend: compiled, index } of backends.byId.values()) {
    if (backend.models !== 'auto' || compiled.discover || targets.has(backend.id)) continue
    report(['backends', index], `needs its models in a list: adapter "${compiled.adapter.id}" cannot ask for them`)
  }
}

/** Names and aliases that can be served by something, each once with all its services, in the order of code points. */
function toPublicModels(routes: CompiledRoutes): readonly PublicModel[] {
  const models = new Map<string, { created: number; ownedBy: string; services: Service[] }>()
  for (const service of SERVICES) {
    for (const [name, { route, created, ownedBy }] of routes.get(service) ?? []) {
      if (route.instances.length === 0) continue
      const known = models.get(name)
      if (known === undefined) models.set(name, { created, ownedBy, services: [service] })
      else known.services.push(service)
    }
  }
  return deepFreeze([...models].map(([id, model]) => ({ id, ...model })).sort((a, b) => (a.id < b.id ? -1 : 1)))
}
