import { performance } from 'node:perf_hooks'
import type { AddressInfo } from 'node:net'
import type { CompileProblem } from './config/compile-problem.ts'
import { createLiveConfig, type LoadedConfig } from './config/live-config.ts'
import type { Snapshot } from './config/snapshot.ts'
import { HEALTH_SIZE, recordRefusal, recordTraffic, statusOf, type Transition } from './health/health.ts'
import { createAddressResolver } from './http/client-address.ts'
import { createServer } from './http/server.ts'
import { createStateTable } from './lib/state-table.ts'
import { createRouteStates, stateName } from './relay/route-states.ts'
import { Requests, stopServing } from './http/drain.ts'
import { logAccess } from './telemetry/access-log.ts'
import type { Logger } from './telemetry/log.ts'
import { createMetrics } from './telemetry/metrics.ts'
import type { RequestRecord } from './telemetry/request-record.ts'
import { createMonitor } from './upstream/monitor.ts'
import { createPools } from './upstream/pools.ts'
import { describeReadiness, type ReloadState } from './http/readiness.ts'

export interface GatewayOptions {
  readonly loaded: LoadedConfig
  readonly log: Logger
  /** For tests: sees every record after it was settled. */
  readonly onSettled?: (record: RequestRecord) => void
}

export interface Gateway {
  /** Opens the port; resolves with the address, `http://host:port`. */
  listen(): Promise<string>
  /** Resolves when every backend was probed once. */
  firstRound(): Promise<void>
  /** Puts another config in force; without effect when it has problems. */
  apply(loaded: LoadedConfig): readonly CompileProblem[]
  /** A changed file that could not be read as a config: nothing changes, but it is to be seen. */
  reloadFailed(problems: readonly string[]): void
  readonly snapshot: Snapshot
  /** Open leases of all backends; 0 when nothing is in flight. */
  openLeases(): number
  /** Stops as `server.drain` says; a second call, or `now`, cuts it short. */
  stop(now?: 'now'): Promise<void>
}

/** Builds every part and joins them. Throws an InvalidConfig when the config has problems. */
export function createGateway({ loaded, log, onSettled }: GatewayOptions): Gateway {
  const table = createStateTable()
  const pools = createPools()
  const requests = new Requests()
  const now = () => performance.now()
  let reload: ReloadState = { at: undefined, problems: [] }

  const started = createLiveConfig(loaded, onSwap)
  if ('problems' in started) throw new InvalidConfig(started.problems)
  const live = started
  let resolveAddress = createAddressResolver(live.snapshot.server.trustedProxies)

  const healthOf = (backendId: string) => table.vector(stateName.health(backendId), HEALTH_SIZE)
  const metrics = createMetrics({
    backends: () =>
      [...live.snapshot.backends.keys()].map((id) => ({
        id,
        up: upOf(healthOf(id)),
        inFlight: table.peek(stateName.backendInFlight(id))?.[0] ?? 0,
      })),
    configGeneration: () => live.snapshot.generation,
    configValid: () => reload.problems.length === 0,
  })
  const monitor = createMonitor({
    open: pools.open,
    healthOf,
    now,
    random: Math.random,
    onTransition: ({ id }, transition, reason) => noteTransition(id, transition, reason),
    onModels: ({ id }, models) => live.learn(id, models),
  })

  function onSwap(snapshot: Snapshot): void {
    pools.retain(snapshot.backends.values())
    monitor.watch(snapshot.backends.values())
    table.sweep(namesOf(snapshot))
    resolveAddress = createAddressResolver(snapshot.server.trustedProxies)
    log.level = snapshot.logLevel
    log.info({ generation: snapshot.generation, backends: snapshot.backends.size, models: snapshot.models.length }, 'config in force')
  }

  function noteTransition(backend: string, { from, to }: Transition, reason: string | undefined): void {
    metrics.healthChanged(backend, to)
    const entry = { backend, from, to, reason }
    if (to === 'unhealthy') log.warn(entry, 'backend is out')
    else log.info(entry, to === 'healthy' ? 'backend is up' : 'backend is loading')
  }

  function reportHealth(backendId: string, signal: 'ok' | 'failed' | 'refused'): void {
    const backend = live.snapshot.backends.get(backendId)
    // Without probes nothing would bring it back: then traffic must not take it out.
    if (backend === undefined || !backend.health.enabled) return
    const state = healthOf(backendId)
    const transition = signal === 'refused' ? recordRefusal(state, now()) : recordTraffic(state, signal, backend.health, now())
    if (transition === undefined) return
    noteTransition(backendId, transition, signal === 'ok' ? undefined : `real traffic: ${signal}`)
    if (transition.to === 'unhealthy') monitor.hurry(backendId)
  }

  function settle(record: RequestRecord): void {
    metrics.requestSettled(record)
    logAccess(log, record)
    onSettled?.(record)
  }

  const server = createServer({
    ports: {
      snapshot: () => live.snapshot,
      open: pools.open,
      states: createRouteStates(table),
      now,
      wallClock: Date.now,
      random: Math.random,
      reportHealth,
      settle,
    },
    addressOf: (request) => resolveAddress(request.socket.remoteAddress ?? '', request.headers['x-forwarded-for']?.toString()),
    closing: () => requests.draining,
    requestStarted: (cancel) => {
      metrics.requestStarted()
      requests.add(cancel)
    },
    requestEnded: (cancel) => requests.remove(cancel),
    readiness: () =>
      describeReadiness({ snapshot: live.snapshot, statusOf: (id) => statusOf(healthOf(id)), draining: requests.draining, reload }),
    metrics,
    log: (error, id) => log.error({ id, error }, 'a request failed inside of the gateway'),
  })
  monitor.watch(live.snapshot.backends.values())

  return {
    get snapshot() {
      return live.snapshot
    },
    async listen() {
      const { host, port } = live.snapshot.server
      await server.listen({ host, port })
      const address = server.server.address() as AddressInfo
      return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
    },
    firstRound: () => monitor.firstRound(),
    apply(next) {
      const { host, port } = live.snapshot.server
      const problems = live.apply(next)
      if (problems.length > 0) return problems
      reload = { at: new Date().toISOString(), problems: [] }
      metrics.configReloaded('ok')
      const { server: settings } = live.snapshot
      if (settings.host !== host || settings.port !== port)
        log.warn({ host: settings.host, port: settings.port }, 'server.host and server.port take effect after a restart')
      return []
    },
    reloadFailed(problems) {
      reload = { at: new Date().toISOString(), problems }
      metrics.configReloaded('invalid')
      log.error({ problems }, 'the changed config is invalid; the one before stays in force')
    },
    openLeases() {
      const counts = [...live.snapshot.backends.keys()].map((id) => table.peek(stateName.backendInFlight(id))?.[0] ?? 0)
      return counts.reduce((sum, count) => sum + count, 0)
    },
    async stop(how) {
      await stopServing({ server, requests, drain: live.snapshot.server.drain, ...(how === undefined ? {} : { how }) })
      monitor.close()
      await pools.destroy()
    },
  }
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

function upOf(health: Float64Array): number {
  const status = statusOf(health)
  if (status === 'unhealthy') return 0
  return status === 'warming' ? 0.5 : 1
}

/** State of what left the config is forgotten; leases that are still open close on their own vectors. */
function namesOf(snapshot: Snapshot): (name: string) => boolean {
  const names = new Set<string>()
  for (const id of snapshot.backends.keys()) names.add(stateName.health(id)).add(stateName.backendInFlight(id))
  for (const routes of snapshot.routes.values()) {
    for (const route of routes.values()) {
      for (const instance of route.instances) names.add(stateName.inFlight(instance.id)).add(stateName.balance(route, instance))
    }
  }
  return (name) => names.has(name)
}
