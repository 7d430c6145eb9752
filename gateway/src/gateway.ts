import { performance } from 'node:perf_hooks'
import type { IncomingMessage } from 'node:http'
import type { Effect, Replay } from '@jairouter/contract/management/effect'
import type { FastifyInstance } from 'fastify'
import { Door } from './auth/door.ts'
import type { KeyUses } from './auth/keys/key-uses.ts'
import type { BudgetPort } from './budget/budget-port.ts'
import type { CompileProblem } from './config/compile-problem.ts'
import { createLiveConfig, type Access, type CompleteConfig, type LiveConfig, type SwapCause } from './config/live-config.ts'
import type { KeyRecord, LimitRule, ServerSettings, Snapshot } from './config/snapshot.ts'
import { HEALTH_SIZE } from './health/health.ts'
import { createAddressResolver } from './http/client-address.ts'
import { countConnections, createOverload } from './http/overload/overload.ts'
import type { LevelChange, OverloadMonitor } from './http/overload/overload-monitor.ts'
import { createServer } from './http/server.ts'
import { keyLevels, type KeyLimitLevel } from './relay/key-levels.ts'
import { createLivePlane, type LivePlane } from './relay/live-plane.ts'
import { RecentMap } from './lib/recent-map.ts'
import { createMemory, type Memory } from './relay/memory.ts'
import { MemoryResponses } from './store/memory-responses.ts'
import { createProtection, type Protection, type ProtectionOptions } from './relay/protection.ts'
import { standingAfter } from './relay/note-plan.ts'
import { createRouteStates, stateName, type RouteStates } from './relay/route-states.ts'
import { Requests, stopServing } from './http/drain.ts'
import type { Explain } from './http/explain-request.ts'
import { createFronts } from './http/front/fronts.ts'
import type { EventBus } from './telemetry/event-bus.ts'
import { logAccess } from './telemetry/access-log.ts'
import { ExperimentResults } from './telemetry/experiment-results.ts'
import type { Logger } from './telemetry/log.ts'
import { createMetrics, type GaugeSources, type Metrics } from './telemetry/metrics.ts'
import type { RateRing } from './telemetry/rate-ring.ts'
import type { RequestRecord } from './telemetry/request-record.ts'
import { TraceKeeper, type Traces } from './telemetry/trace-keeper.ts'
import { createBackendHealth, type BackendHealth, type BackendHealthOptions } from './upstream/backend-health.ts'
import { createDialer } from './upstream/dial.ts'
import { createPictureFetcher } from './upstream/fetch-picture.ts'
import type { FetchPicture } from './upstream/port.ts'
import { PictureRefused } from './errors/picture-refused.ts'
import type { ConnectPolicy } from './upstream/policed-connect.ts'
import { createPools, type Pools } from './upstream/pools.ts'
import { createReloadJournal, describeReadiness, type ReloadJournal } from './http/readiness.ts'

export interface GatewayOptions {
  readonly loaded: CompleteConfig
  readonly log: Logger
  /** For tests: sees every record after it was settled. */
  readonly onSettled?: (record: RequestRecord) => void
  /** Keys and blocks beside the config, as they are at the start; left out where there can be none. */
  readonly access?: Access
  readonly budgets?: BudgetPort
  /** When each key was used last. */
  readonly keyUses?: KeyUses
  /** Who looks on; nothing is gathered where nobody does. */
  readonly observers?: Observers
  /** Ports of this machine that no backend is looked for at: those of the management API, when it has its own. */
  readonly closedPorts?: () => readonly number[]
}

export interface Observers {
  readonly events: EventBus
  readonly rates: RateRing
}

export interface Gateway {
  /** What would become of a request now. */
  readonly explain: Explain
  /** Decisions of requests that are over. */
  readonly traces: Traces
  /** What `apply` would put in force, or what is wrong with it; changes nothing. */
  preview(loaded: CompleteConfig): ReturnType<LiveConfig['preview']>
  /** What such a change does, and where the last requests would go with it. */
  effect(before: Snapshot, after: Snapshot): Promise<{ readonly effect: Effect; readonly replay: Replay }>

  /** Opens the port; resolves with the address, `http://host:port`. */
  listen(): Promise<string>
  /** Resolves when every backend was probed once. */
  firstRound(): Promise<void>
  /** Puts another config in force; without effect when it has problems. */
  apply(loaded: CompleteConfig): readonly CompileProblem[]
  /** What `apply` would say. */
  check(loaded: CompleteConfig): readonly CompileProblem[]
  /** A changed file that could not be read as a config: nothing changes, but it is to be seen. */
  reloadFailed(problems: readonly string[]): void
  /** Other keys beside the config's, from the next request on. */
  readonly setKeys: LiveConfig['setKeys']
  readonly setBlocks: LiveConfig['setBlocks']
  /** Limits of a key as they stand. */
  keyLevels(key: KeyRecord): readonly KeyLimitLevel[]
  readonly snapshot: Snapshot
  /** What is so just now, and what may be done about it. */
  readonly plane: LivePlane
  /** Open leases of all backends; 0 when nothing is in flight. */
  openLeases(): number
  /** Stops as `server.drain` says; a second call, or `now`, cuts it short. */
  stop(now?: 'now'): Promise<void>
}

/** Builds every part and joins them. Throws an InvalidConfig when the config has problems. */
export function createGateway(options: GatewayOptions): Gateway {
  const { loaded, log, onSettled, access, budgets, keyUses, observers, closedPorts = () => [] } = options
  const policy = (): ConnectPolicy => ({ ...live.snapshot.network, closedPorts: closedPorts() })
  const pools = createPools({
    policy,
    onUnsafe: (backend) =>
      log.error({ backend }, 'backend sends answers that nobody asked for: no connection to it is used twice from now on'),
  })
  const requests = new Requests()
  const reloads = createReloadJournal()
  const now = () => performance.now()
  const memory = createMemory(now)
  const experiments = new ExperimentResults(Date.now)
  const live = startConfig(loaded, onSwap, access)
  let resolveAddress = addressResolver(live.snapshot)

  const reports = createReports({ log, metrics: () => metrics, events: observers?.events })
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
  const lookout = createLookout({ live, memory, now })
  const protection = createProtection({ table: memory.table, snapshot: () => live.snapshot, now, ...reports })
  const metrics = createMetrics(gaugeSources({ budgets, live, memory, health, protection, reloads, pressure: () => overload.pressure() }))

  function onSwap(snapshot: Snapshot, cause: SwapCause): void {
    if (cause === 'access') return memory.retain(snapshot)
    pools.retain(snapshot.backends.values())
    health.watch(snapshot.backends.values())
    memory.retain(snapshot)
    experiments.retain(experimentIdsOf(snapshot))
    protection.swapped(snapshot)
    resolveAddress = addressResolver(snapshot)
    logSwap(log, live, observers?.events)
  }

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
    ...lookout,
    pools,
    policy,
    health,
    metrics,
    experiments,
    protection,
    requests,
    reloads,
    now,
    log,
    onSettled: settlingFor(observers?.rates, onSettled, now),
    budgets,
    door: new Door({ now, wallClock: Date.now, uses: keyUses }),
    addressOf: (request) => resolveAddress(request),
  })
  connections = countConnections(server.server)
  health.watch(live.snapshot.backends.values())

  return {
    get snapshot() {
      return live.snapshot
    },
    setKeys: (records) => live.setKeys(records),
    setBlocks: (blocks) => live.setBlocks(blocks),
    keyLevels: (key) => keyLevels(key, live.snapshot, memory.limits, now()),
    preview: live.preview,
    explain: lookout.explain,
    traces: lookout.traces,
    effect: lookout.effect,
    plane: buildPlane({ live, memory, protection, health, requests, overload, now }, reports.healthReason),
    listen: () => listen(server, live.snapshot.server),
    firstRound: () => health.firstRound(),
    openLeases: () => [...live.snapshot.backends.keys()].reduce((sum, id) => sum + memory.inFlightOf(id), 0),
    ...reloading({ live, reloads, metrics, log }),
    async stop(how) {
      await stopServing({ server, requests, drain: live.snapshot.server.drain, ...(how === undefined ? {} : { how }) })
      overload.stop()
      health.close()
      await pools.destroy()
    },
  }
}

function startConfig(loaded: CompleteConfig, onSwap: (snapshot: Snapshot, cause: SwapCause) => void, access?: Access): LiveConfig {
  const started = createLiveConfig(loaded, onSwap, access)
  if ('problems' in started) throw new InvalidConfig(started.problems)
  return started
}

/** Backends whose last change of health is remembered with its reason. */
const MOST_REASONS = 10_000

interface ReportTargets {
  readonly log: Logger
  readonly metrics: () => Metrics
  readonly events: EventBus | undefined
}

/** What of health and protection is to be seen: in the log, and as counts. */
function createReports({ log, metrics, events }: ReportTargets): Pick<ProtectionOptions, 'onBreaker' | 'onCredential'> &
  Pick<BackendHealthOptions, 'onTransition'> & {
    readonly onOverload: (change: LevelChange) => void
    /** Why a backend's health changed last. */
    readonly healthReason: (backendId: string) => string | undefined
  } {
  const reasons = new RecentMap<string | undefined>(MOST_REASONS)
  return {
    healthReason: (backendId) => reasons.get(backendId),
    onTransition(backend, { from, to }, reason) {
      reasons.set(backend, reason)
      events?.publish('instances', 'health', { backend, from, to, reason })
      metrics().healthChanged(backend, to)
      log[to === 'unhealthy' ? 'warn' : 'info']({ backend, from, to, reason }, `backend is ${to}`)
    },
    onBreaker(instance, { from, to, reason }) {
      events?.publish('instances', 'breaker', { instance, from, to, reason })
      metrics().breakerChanged(instance, to, reason)
      log[to === 'open' ? 'warn' : 'info']({ instance, from, to, reason }, `circuit breaker is ${to}`)
    },
    onOverload({ from, to, pressure, sample }) {
      events?.publish('overview', 'overload', { from, to, pressure })
      log[to === 'calm' ? 'info' : 'warn']({ from, to, pressure, sample }, `the gateway is ${to}`)
    },
    onCredential(backend, accepted) {
      events?.publish('instances', 'credential', { backend, accepted })
      if (accepted) log.info({ backend }, 'backend takes the credential again')
      else log.error({ backend }, 'backend refuses the credential: check its apiKey; it is left alone for a minute at a time')
    },
  }
}

/** Another config, or a file that could not be read as one, and what is told of it. */
function reloading(parts: Pick<Parts, 'live' | 'reloads' | 'metrics' | 'log'>): Pick<Gateway, 'apply' | 'check' | 'reloadFailed'> {
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
    check(next) {
      const compiled = live.preview(next)
      return 'problems' in compiled ? compiled.problems : []
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
  parts: Pick<Parts, 'live' | 'memory' | 'health' | 'protection' | 'reloads'> & { pressure: () => number; budgets: BudgetPort | undefined },
): GaugeSources {
  const { budgets, live, memory, health, protection, reloads, pressure } = parts
  return {
    instances: () => protection.instances(),
    backends: () => [...live.snapshot.backends.keys()].map((id) => ({ id, status: health.statusOf(id), inFlight: memory.inFlightOf(id) })),
    queues: () => memory.waiting.lengths(),
    pressure,
    budgets: () => budgets?.uses() ?? [],
    configGeneration: () => live.snapshot.generation,
    configValid: () => reloads.state.problems.length === 0,
  }
}

/** What is known of decisions: those that were made, and those that would be. The explainer is loaded once somebody asks. */
function createLookout({ live, memory, now }: Pick<Parts, 'live' | 'memory' | 'now'>) {
  const states = createRouteStates(memory)
  const responses = new MemoryResponses({ now, bounds: () => live.snapshot.server.responses })
  const traces = new TraceKeeper({
    settings: () => live.snapshot.explain,
    standing: (record) => standingAfter(record, { snapshot: live.snapshot, states, now: now() }),
    wallClock: Date.now,
    random: Math.random,
  })
  const explain: Explain = async (request) => {
    const { createExplainer } = await import('./http/explain-request.ts')
    const ports = { snapshot: () => live.snapshot, ...memory, now, wallClock: Date.now }
    return createExplainer({ ports, fronts: createFronts(responses) })(request)
  }
  const effect: Gateway['effect'] = async (before, after) => {
    const [{ effectOf }, { replay }] = await Promise.all([import('./config/effect.ts'), import('./config/replay.ts')])
    const inFlightOf = (id: string) => memory.table.peek(stateName.inFlight(id))?.[0] ?? 0
    const limitLevels = (rule: LimitRule) => memory.limits.mostUsed(rule, now())
    return { effect: effectOf(before, after, { inFlightOf, limitLevels }), replay: replay(traces.recent.all(), before, after) }
  }
  return { states, responses, traces, explain, effect }
}

function logSwap(log: Logger, { snapshot, warnings }: LiveConfig, events: EventBus | undefined): void {
  const { generation, backends, models, logLevel } = snapshot
  log.level = logLevel
  const inForce = { generation, backends: backends.size, models: models.length }
  log.info(inForce, 'config in force')
  events?.publish('config', 'in-force', inForce)
  if (warnings.length > 0) log.warn({ warnings: warnings.map(({ message }) => message) }, 'expectations of the config')
}

interface Parts {
  readonly overload: OverloadMonitor
  readonly live: LiveConfig
  readonly memory: Memory
  readonly states: RouteStates
  readonly traces: TraceKeeper
  readonly responses: MemoryResponses
  readonly pools: Pools
  readonly policy: () => ConnectPolicy
  readonly health: BackendHealth
  readonly metrics: Metrics
  readonly experiments: ExperimentResults
  readonly protection: Protection
  readonly requests: Requests
  readonly reloads: ReloadJournal
  readonly now: () => number
  readonly log: Logger
  readonly onSettled: GatewayOptions['onSettled']
  readonly budgets: BudgetPort | undefined
  readonly door: Door
  readonly addressOf: (request: IncomingMessage) => string
}

type PlaneParts = Pick<Parts, 'live' | 'memory' | 'protection' | 'health' | 'requests' | 'overload' | 'now'>

function buildPlane(parts: PlaneParts, healthReason: (backendId: string) => string | undefined): LivePlane {
  const { live, health, requests, overload } = parts
  return createLivePlane({
    ...parts,
    snapshot: () => live.snapshot,
    probe: (backendId) => health.probeNow(backendId),
    healthReason,
    requests: () => requests.count,
    level: () => overload.level(),
    wallClock: Date.now,
  })
}

/** The public surface over the parts that it needs. */
function buildServer({
  overload,
  live,
  memory,
  states,
  traces,
  responses,
  pools,
  policy,
  health,
  metrics,
  experiments,
  protection,
  requests,
  reloads,
  now,
  log,
  onSettled,
  budgets,
  door,
  addressOf,
}: Parts): FastifyInstance {
  return createServer({
    ports: {
      snapshot: () => live.snapshot,
      open: pools.open,
      fetchPicture: pictureFetcher(() => live.snapshot.server),
      dial: createDialer(policy),
      states,
      ...memory,
      budgets,
      door,
      protection: protection.events,
      now,
      wallClock: Date.now,
      random: Math.random,
      reportHealth: health.report,
      mayHedge: () => overload.level() === 'calm',
      settle(record) {
        metrics.requestSettled(record)
        traces.settled(record)
        logAccess(log, record, Date.now())
        experiments.add(record)
        onSettled?.(record)
      },
      shadowSettled(record) {
        metrics.shadowSettled(record)
        experiments.add(record, 'shadow')
      },
    },
    addressOf,
    door,
    responses,
    traces,
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

function experimentIdsOf({ routes }: Snapshot): ReadonlySet<string> {
  const all = [...routes.values()].flatMap((byName) => [...byName.values()])
  return new Set(all.flatMap(({ experiment }) => experiment?.id ?? []))
}

/** What is told of every request after it was settled; undefined where nobody asked. */
function settlingFor(rates: RateRing | undefined, onSettled: GatewayOptions['onSettled'], now: () => number): GatewayOptions['onSettled'] {
  if (rates === undefined) return onSettled
  return (record) => {
    rates.add(record, now())
    onSettled?.(record)
  }
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
