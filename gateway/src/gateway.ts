import { performance } from 'node:perf_hooks'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { CompileProblem } from './config/compile-problem.ts'
import { createLiveConfig, type CompleteConfig, type LiveConfig } from './config/live-config.ts'
import type { ServerSettings, Snapshot } from './config/snapshot.ts'
import { HEALTH_SIZE } from './health/health.ts'
import { createAddressResolver } from './http/client-address.ts'
import { countConnections, createOverload } from './http/overload/overload.ts'
import type { LevelChange, OverloadMonitor } from './http/overload/overload-monitor.ts'
import { createServer } from './http/server.ts'
import { createMemory, type Memory } from './relay/memory.ts'
import { MemoryResponses } from './store/memory-responses.ts'
import { createProtection, type Protection, type ProtectionOptions } from './relay/protection.ts'
import { createRouteStates, stateName } from './relay/route-states.ts'
import { Requests, stopServing } from './http/drain.ts'
import { logAccess } from './telemetry/access-log.ts'
import { ContentHits, type ContentHitFacts } from './telemetry/content-hits.ts'
import type { Logger } from './telemetry/log.ts'
import { createMetrics, type GaugeSources, type Metrics } from './telemetry/metrics.ts'
import type { RequestRecord } from './telemetry/request-record.ts'
import { createBackendHealth, type BackendHealth, type BackendHealthOptions } from './upstream/backend-health.ts'
import { dialUpstream } from './upstream/dial.ts'
import { createPictureFetcher } from './upstream/fetch-picture.ts'
import type { FetchPicture } from './upstream/port.ts'
import { PictureRefused } from './errors/picture-refused.ts'
import { createPools, type Pools } from './upstream/pools.ts'
import { createReloadJournal, describeReadiness, type ReloadJournal } from './http/readiness.ts'

export interface GatewayOptions {
  readonly loaded: CompleteConfig
  readonly log: Logger
  /** For tests: sees every record after it was settled. */
  readonly onSettled?: (record: RequestRecord) => void
  /** For the audit: what content rules found, at a bounded rate. */
  readonly onContentHit?: (facts: ContentHitFacts) => void
}

export interface Gateway {
  /** Opens the port; resolves with the address, `http://host:port`. */
  listen(): Promise<string>
  /** Resolves when every backend was probed once. */
  firstRound(): Promise<void>
  /** Puts another config in force; without effect when it has problems. */
  apply(loaded: CompleteConfig): readonly CompileProblem[]
  /** A changed file that could not be read as a config: nothing changes, but it is to be seen. */
  reloadFailed(problems: readonly string[]): void
  readonly snapshot: Snapshot
  /** Open leases of all backends; 0 when nothing is in flight. */
  openLeases(): number
  /** Stops as `server.drain` says; a second call, or `now`, cuts it short. */
  stop(now?: 'now'): Promise<void>
}

/** Builds every part and joins them. Throws an InvalidConfig when the config has problems. */
export function createGateway({ loaded, log, onSettled, onContentHit }: GatewayOptions): Gateway {
  const pools = createPools({
    onUnsafe: (backend) =>
      log.error({ backend }, 'backend sends answers that nobody asked for: no connection to it is used twice from now on'),
  })
  const requests = new Requests()
  const reloads = createReloadJournal()
  const now = () => performance.now()
  const memory = createMemory(now)
  const live = startConfig(loaded, onSwap)
  let resolveAddress = addressResolver(live.snapshot)

  const reports = createReports(log, () => metrics)
  const health = createBackendHealth({
    open: pools.open,
    vectorOf: (backendId) => memory.table.vector(stateName.health(backendId), HEALTH_SIZE),
    backendOf: (backendId) => live.snapshot.backends.get(backendId),
    now,
    random: Math.random,
    onPassed: (backendId) => protection.probePassed(backendId),
    onModels: (backendId, models) => live.learn(backendId, models),
    onTransition: reports.onTransition,
  })
  const protection = createProtection({ table: memory.table, snapshot: () => live.snapshot, now, ...reports })
  const metrics = createMetrics(gaugeSources({ live, memory, health, protection, reloads, pressure: () => overload.pressure() }))

  function onSwap(snapshot: Snapshot): void {
    pools.retain(snapshot.backends.values())
    health.watch(snapshot.backends.values())
    memory.retain(snapshot)
    protection.swapped(snapshot)
    resolveAddress = addressResolver(snapshot)
    log.level = snapshot.logLevel
    log.info({ generation: snapshot.generation, backends: snapshot.backends.size, models: snapshot.models.length }, 'config in force')
  }

  const contentHits = onContentHit && new ContentHits({ report: onContentHit, now })
  let connections = () => 0
  const overload = createOverload({
    settings: () => live.snapshot.server.overload,
    now,
    connections: () => connections(),
    queuedBytes: () => memory.waiting.bytes,
    onChange: reports.onOverload,
  })
  const server = buildServer({
    overload,
    live,
    memory,
    pools,
    health,
    metrics,
    protection,
    requests,
    reloads,
    now,
    log,
    onSettled(record) {
      contentHits?.note(record)
      onSettled?.(record)
    },
    addressOf: (request) => resolveAddress(request),
  })
  connections = countConnections(server.server)
  health.watch(live.snapshot.backends.values())

  return {
    get snapshot() {
      return live.snapshot
    },
    listen: () => listen(server, live.snapshot.server),
    firstRound: () => health.firstRound(),
    openLeases: () => [...live.snapshot.backends.keys()].reduce((sum, id) => sum + memory.inFlightOf(id), 0),
    ...reloading({ live, reloads, metrics, log }),
    async stop(how) {
      await stopServing({ server, requests, drain: live.snapshot.server.drain, ...(how === undefined ? {} : { how }) })
      overload.stop()
      contentHits?.flush()
      health.close()
      await pools.destroy()
    },
  }
}

function startConfig(loaded: CompleteConfig, onSwap: (snapshot: Snapshot) => void): LiveConfig {
  const started = createLiveConfig(loaded, onSwap)
  if ('problems' in started) throw new InvalidConfig(started.problems)
  return started
}

/** What of health and protection is to be seen: in the log, and as counts. */
function createReports(
  log: Logger,
  metrics: () => Metrics,
): Pick<ProtectionOptions, 'onBreaker' | 'onCredential'> &
  Pick<BackendHealthOptions, 'onTransition'> & { readonly onOverload: (change: LevelChange) => void } {
  return {
    onTransition(backend, { from, to }, reason) {
      metrics().healthChanged(backend, to)
      log[to === 'unhealthy' ? 'warn' : 'info']({ backend, from, to, reason }, `backend is ${to}`)
    },
    onBreaker(instance, { from, to, reason }) {
      metrics().breakerChanged(instance, to, reason)
      log[to === 'open' ? 'warn' : 'info']({ instance, from, to, reason }, `circuit breaker is ${to}`)
    },
    onOverload({ from, to, pressure, sample }) {
      log[to === 'calm' ? 'info' : 'warn']({ from, to, pressure, sample }, `the gateway is ${to}`)
    },
    onCredential(backend, accepted) {
      if (accepted) log.info({ backend }, 'backend takes the credential again')
      else log.error({ backend }, 'backend refuses the credential: check its apiKey; it is left alone for a minute at a time')
    },
  }
}

/** Another config, or a file that could not be read as one, and what is told of it. */
function reloading(parts: Pick<Parts, 'live' | 'reloads' | 'metrics' | 'log'>): Pick<Gateway, 'apply' | 'reloadFailed'> {
  const { live, reloads, metrics, log } = parts
  return {
    apply(next) {
      const { server: before } = live.snapshot
      const problems = live.apply(next)
      if (problems.length > 0) return problems
      reloads.succeeded()
      metrics.configReloaded('ok')
      const { host, port } = live.snapshot.server
      if (host !== before.host || port !== before.port) log.warn({ host, port }, 'server.host and server.port take effect after a restart')
      return []
    },
    reloadFailed(problems) {
      reloads.failed(problems)
      metrics.configReloaded('invalid')
      log.error({ problems }, 'the changed config is invalid; the one before stays in force')
    },
  }
}

/** What the gauges show, read when somebody looks. */
function gaugeSources(
  parts: Pick<Parts, 'live' | 'memory' | 'health' | 'protection' | 'reloads'> & { pressure: () => number },
): GaugeSources {
  const { live, memory, health, protection, reloads, pressure } = parts
  return {
    instances: () => protection.instances(),
    backends: () => [...live.snapshot.backends.keys()].map((id) => ({ id, status: health.statusOf(id), inFlight: memory.inFlightOf(id) })),
    queues: () => memory.waiting.lengths(),
    pressure,
    configGeneration: () => live.snapshot.generation,
    configValid: () => reloads.state.problems.length === 0,
  }
}

interface Parts {
  readonly overload: OverloadMonitor
  readonly live: LiveConfig
  readonly memory: Memory
  readonly pools: Pools
  readonly health: BackendHealth
  readonly metrics: Metrics
  readonly protection: Protection
  readonly requests: Requests
  readonly reloads: ReloadJournal
  readonly now: () => number
  readonly log: Logger
  readonly onSettled: GatewayOptions['onSettled']
  readonly addressOf: (request: IncomingMessage) => string
}

/** The public surface over the parts that it needs. */
function buildServer({
  overload,
  live,
  memory,
  pools,
  health,
  metrics,
  protection,
  requests,
  reloads,
  now,
  log,
  onSettled,
  addressOf,
}: Parts): FastifyInstance {
  return createServer({
    ports: {
      snapshot: () => live.snapshot,
      open: pools.open,
      fetchPicture: pictureFetcher(() => live.snapshot.server),
      dial: dialUpstream,
      states: createRouteStates(memory),
      ...memory,
      protection: protection.events,
      now,
      wallClock: Date.now,
      random: Math.random,
      reportHealth: health.report,
      mayHedge: () => overload.level() === 'calm',
      settle(record) {
        metrics.requestSettled(record)
        logAccess(log, record, Date.now())
        onSettled?.(record)
      },
    },
    addressOf,
    responses: new MemoryResponses({ now, bounds: () => live.snapshot.server.responses }),
    closing: () => requests.draining,
    overload,
    requestStarted(request) {
      metrics.requestStarted()
      requests.add(request)
    },
    requestEnded: (request) => requests.remove(request),
    readiness: () =>
      describeReadiness({ snapshot: live.snapshot, statusOf: health.statusOf, draining: requests.draining, reload: reloads.state }),
    metrics,
    log: (error, id) => log.error({ id, error }, 'a request failed inside of the gateway'),
  })
}

/** As the settings are at the time. */
function pictureFetcher(settings: () => ServerSettings): FetchPicture {
  return (url, signal) => {
    const { fetch, ...bounds } = settings().pictures
    if (fetch) return createPictureFetcher(bounds)(url, signal)
    return Promise.reject(new PictureRefused('not-allowed', 'This model takes pictures only as data, and the gateway fetches none'))
  }
}

function addressResolver({ server }: Snapshot): (request: IncomingMessage) => string {
  const resolve = createAddressResolver(server.trustedProxies)
  return (request) => resolve(request.socket.remoteAddress ?? '', request.headers['x-forwarded-for']?.toString())
}

async function listen(server: FastifyInstance, { host, port }: ServerSettings): Promise<string> {
  await server.listen({ host, port })
  const address = server.server.address()
  const actual = typeof address === 'object' && address !== null ? address.port : port
  return `http://${host.includes(':') ? `[${host}]` : host}:${actual}`
}

/** The first config has problems beyond its schema. */
export class InvalidConfig extends Error {
  readonly problems: readonly CompileProblem[]
  constructor(problems: readonly CompileProblem[]) {
    super(problems.map(({ message }) => message).join('; '))
    this.name = 'InvalidConfig'
    this.problems = problems
  }
}
