import { performance } from 'node:perf_hooks'
import type { IncomingMessage } from 'node:http'
import { loadCodec } from './adapters/codecs/codec-of.ts'
import { Door, type UserTokens } from './auth/door.ts'
import type { KeyUses } from './auth/keys/key-uses.ts'
import type { BudgetPort } from './budget/budget-port.ts'
import { costOf } from './composition/cost-of.ts'
import { gaugeSources } from './composition/gauges.ts'
import { createLookout, type EffectOf } from './composition/lookout.ts'
import type { Parts } from './composition/parts.ts'
import { buildPlane } from './composition/plane.ts'
import { reloading, type Reloading } from './composition/reloading.ts'
import { createReports, logSwap } from './composition/reports.ts'
import { createTracing } from './composition/tracing.ts'
import { buildServers, closePorts, openPorts, portOf, type Servers } from './composition/servers.ts'
import type { CompileProblem } from './config/compile-problem.ts'
import { createLiveConfig, type Access, type CompleteConfig, type LiveConfig, type SwapCause } from './config/live-config.ts'
import type { KeyRecord, Snapshot } from './config/snapshot.ts'
import { HEALTH_SIZE } from './health/health.ts'
import { createAddressResolver } from './http/client-address.ts'
import { Requests, type OpenRequest } from './http/drain.ts'
import type { Explain } from './http/explain-request.ts'
import { countConnections, createOverload } from './http/overload/overload.ts'
import { createReloadJournal } from './http/readiness.ts'
import type { Mount } from './http/server.ts'
import { keyLevels, type KeyLimitLevel } from './relay/key-levels.ts'
import type { LivePlane } from './relay/live-plane.ts'
import { createMemory } from './relay/memory.ts'
import { createProtection } from './relay/protection.ts'
import { stateName } from './relay/route-states.ts'
import { logAccess } from './telemetry/access-log.ts'
import { ContentHits, type ContentHitFacts } from './telemetry/content-hits.ts'
import type { EventBus } from './telemetry/event-bus.ts'
import { ExperimentResults } from './telemetry/experiment-results.ts'
import type { Logger } from './telemetry/log.ts'
import type { FailureFeed } from './telemetry/failure-feed.ts'
import { createMetrics, type Metrics } from './telemetry/metrics.ts'
import type { RateRing } from './telemetry/rate-ring.ts'
import type { RecordSink } from './telemetry/record-sink.ts'
import type { RequestRecord } from './telemetry/request-record.ts'
import { SettledBatch } from './telemetry/settled-batch.ts'
import { settledEvents } from './telemetry/settled-events.ts'
import type { AlertCounts } from './telemetry/state-metrics.ts'
import { StoreMeter } from './telemetry/store-meter.ts'
import type { Traces } from './telemetry/trace-keeper.ts'
import { createBackendHealth, type BackendHealth, type BackendHealthOptions } from './upstream/backend-health.ts'
import type { ConnectPolicy } from './upstream/policed-connect.ts'
import { createPools } from './upstream/pools.ts'

export interface GatewayOptions {
  readonly loaded: CompleteConfig
  readonly log: Logger
  /** Called once: until then nothing but health and metrics was asked for. */
  readonly onFirstRequest?: () => void
  /** Told of every request at once when it is over; the log, the metrics and all else are a moment later. */
  readonly onSettled?: (record: RequestRecord) => void
  /** Keys and blocks beside the config, as they are at the start; left out where there can be none. */
  readonly access?: Access
  readonly budgets?: BudgetPort
  /** Number of the config version that is in force, where versions are stored. */
  readonly configVersion?: () => number
  /** How the store is doing, for the metrics. */
  readonly storeMeter?: StoreMeter
  /** When each key was used last. */
  readonly keyUses?: KeyUses
  /** People who use models with the tokens of their sessions. */
  readonly users?: UserTokens
  /** Who looks on; nothing is gathered where nobody does. */
  readonly observers?: Observers
  /** For the audit: what content rules found, at a bounded rate. */
  readonly onContentHit?: (facts: ContentHitFacts) => void
  /** What is beside the model APIs, on their port or on `admin.port`. */
  readonly mount?: Mount
}

export interface Observers {
  readonly events: EventBus
  readonly rates: RateRing
  /** Left out where nothing is kept of requests that are over. */
  readonly history?: RecordSink
  /** Who follows requests as they end; costs nothing while nobody does. */
  readonly tail?: Pick<RecordSink, 'add'>
  /** Left out where nobody groups failures, and there are no alerts. */
  readonly failures?: Pick<FailureFeed, 'add'>
  readonly alerts?: AlertCounts
}

export interface Gateway extends Reloading {
  /** Opens the ports; resolves with the address of the model APIs, `http://host:port`. */
  listen(): Promise<string>
  /** Where everything else is, once it listens; the same address without `admin.port`. */
  readonly adminUrl: string
  /** Resolves when every backend was probed once. */
  firstRound(): Promise<void>
  readonly snapshot: Snapshot
  /** Other keys beside the config's, from the next request on. */
  readonly setKeys: LiveConfig['setKeys']
  readonly setBlocks: LiveConfig['setBlocks']
  /** Limits of a key as they stand. */
  keyLevels(key: KeyRecord): readonly KeyLimitLevel[]
  /** What would become of a request now. */
  readonly explain: Explain
  /** Decisions of requests that are over. */
  readonly traces: Traces
  /** What `apply` would put in force, or what is wrong with it; changes nothing. */
  readonly preview: LiveConfig['preview']
  readonly effect: EffectOf
  /** What is so just now, and what may be done about it. */
  readonly plane: LivePlane
  /** What experiments have shown. */
  readonly experiments: ExperimentResults
  readonly metrics: Pick<Metrics, 'sets'>
  /** Where connections may be made to. */
  readonly connectPolicy: () => ConnectPolicy
  readonly addressOf: (request: IncomingMessage) => string
  /** What is being answered, and whatever else a stop is to wait for. */
  readonly requests: { add(request: OpenRequest): void; remove(request: OpenRequest): void; all(): Iterable<OpenRequest> }
  /** Open leases of all backends; 0 when nothing is in flight. */
  openLeases(): number
  /** Stops as `server.drain` says; a second call, or `now`, cuts it short. */
  stop(now?: 'now'): Promise<void>
}

/** Builds every part of the data plane and joins them. Throws an InvalidConfig when the config has problems. */
export function createGateway(options: GatewayOptions): Gateway {
  const { log, budgets, observers, mount, onSettled } = options
  const policy = (): ConnectPolicy => ({ ...live.snapshot.network, closedPorts: closedPorts() })
  const pools = createPools({ policy, onUnasked: (...told) => reports.onUnasked(...told) })
  const requests = new Requests(options.onFirstRequest)
  const reloads = createReloadJournal()
  const now = () => performance.now()
  const memory = createMemory(now)
  const experiments = new ExperimentResults(Date.now)
  const live = startConfig(options, onSwap)
  let resolveAddress = addressResolver(live.snapshot)

  const reports = createReports({ log, metrics: () => metrics, events: observers?.events })
  const health = watchHealth({ pools, memory, live, now }, { ...reports, onPassed: (backendId) => protection.probePassed(backendId) })
  const door = new Door({ now, wallClock: Date.now, uses: options.keyUses, users: options.users })
  const lookout = createLookout({ live, memory, now, budgets, door })
  const protection = createProtection({ table: memory.table, snapshot: () => live.snapshot, now, ...reports })
  const tracing = createTracing({ policy, now, log })
  const gauges = { pressure: () => overload.pressure(), connections: () => connections() }
  const metrics = measure(options, { tracing, live, memory, health, pools, protection, reloads, now, ...gauges })

  function onSwap(snapshot: Snapshot, cause: SwapCause): void {
    memory.retain(snapshot)
    if (cause === 'access') return
    pools.retain(snapshot.backends.values())
    attend(health, snapshot)
    experiments.retain(experimentIdsOf(snapshot))
    protection.swapped(snapshot)
    void tracing.follow(snapshot.tracing)
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
  const contentHits = options.onContentHit && new ContentHits({ report: options.onContentHit, now })
  const observed = { ...lookout, tracing, metrics, experiments }
  const settled = settling(options, { ...observed, log, live, contentHits, now })
  const parts = { overload, live, memory, ...observed, settled, pools, policy, health, protection, requests, reloads, now, log }
  const given = { budgets, door, addressOf: (request: IncomingMessage) => resolveAddress(request), mount }
  const servers = buildServers({ ...parts, onSettled, ...given })
  const closedPorts = () => [servers.admin === undefined ? undefined : portOf(servers.admin)].filter((port) => port !== undefined)
  connections = countConnections(servers.model.server)
  attend(health, live.snapshot)
  let adminUrl = ''

  return {
    get snapshot() {
      return live.snapshot
    },
    get adminUrl() {
      return adminUrl
    },
    setKeys: (records) => live.setKeys(records),
    setBlocks: (blocks) => live.setBlocks(blocks),
    keyLevels: (key) => keyLevels(key, live.snapshot, memory.limits, now()),
    preview: live.preview,
    explain: lookout.explain,
    traces: lookout.traces,
    effect: lookout.effect,
    plane: buildPlane(parts, reports.healthReason),
    experiments,
    metrics,
    connectPolicy: policy,
    addressOf: (request) => resolveAddress(request),
    requests,
    async listen() {
      await tracing.follow(live.snapshot.tracing)
      const opened = await openPorts(servers, { server: live.snapshot.server, adminPort: live.snapshot.admin.port })
      adminUrl = opened.admin
      return opened.model
    },
    firstRound: () => health.firstRound(),
    openLeases: () => leasesOf(live.snapshot, memory),
    ...reloading(parts),
    stop: (how) => stopAll(parts, { servers, contentHits, how }),
  }
}

/** Watches them, and loads what translates for them, so that no request has to wait for it; one that comes sooner does, and is told where it can't be loaded. */
function attend(health: BackendHealth, { backends }: Snapshot): void {
  health.watch(backends.values())
  for (const wire of new Set([...backends.values()].map(({ adapter }) => adapter.wire))) loadCodec(wire).catch(() => {})
}

async function stopAll(
  {
    requests,
    live,
    overload,
    health,
    tracing,
    pools,
    settled,
  }: Pick<Parts, 'requests' | 'live' | 'overload' | 'health' | 'tracing' | 'pools' | 'settled'>,
  { servers, contentHits, how }: { servers: Servers; contentHits: ContentHits | undefined; how: 'now' | undefined },
): Promise<void> {
  await closePorts(servers, { requests, drain: live.snapshot.server.drain, how })
  settled.flush()
  overload.stop()
  contentHits?.flush()
  health.close()
  await tracing.close(how)
  await pools.destroy()
}

function watchHealth(
  { pools, memory, live, now }: Pick<Parts, 'pools' | 'memory' | 'live' | 'now'>,
  reports: Pick<BackendHealthOptions, 'onPassed' | 'onTransition'>,
): BackendHealth {
  return createBackendHealth({
    open: pools.open,
    vectorOf: (backendId) => memory.table.vector(stateName.health(backendId), HEALTH_SIZE),
    backendOf: (backendId) => live.snapshot.backends.get(backendId),
    now,
    random: Math.random,
    onModels: (backendId, models) => live.learn(backendId, models),
    ...reports,
  })
}

function startConfig({ loaded, access }: GatewayOptions, onSwap: (snapshot: Snapshot, cause: SwapCause) => void): LiveConfig {
  const started = createLiveConfig(loaded, onSwap, access)
  if ('problems' in started) throw new InvalidConfig(started.problems)
  return started
}

/** What it does not have itself comes with the options. */
function measure(
  { budgets, configVersion, observers, storeMeter = new StoreMeter() }: GatewayOptions,
  parts: Omit<Parameters<typeof gaugeSources>[0], 'budgets' | 'configVersion' | 'history' | 'alerts'>,
): Metrics {
  return createMetrics({
    sources: gaugeSources({ ...parts, budgets, configVersion, history: observers?.history, alerts: observers?.alerts }),
    store: storeMeter,
    costOf: (record) => costOf(record, parts.live.snapshot),
    wallClock: Date.now,
  })
}

function leasesOf({ backends }: Snapshot, memory: Parts['memory']): number {
  return [...backends.keys()].reduce((sum, id) => sum + memory.inFlightOf(id), 0)
}

/** The way of a request that is over to all that is told of it. */
function settling(
  options: GatewayOptions,
  {
    tracing,
    metrics,
    traces,
    experiments,
    log,
    live,
    contentHits,
    now,
  }: Pick<Parts, 'tracing' | 'metrics' | 'traces' | 'experiments' | 'log' | 'live' | 'now'> & { contentHits: ContentHits | undefined },
): SettledBatch<RequestRecord> {
  return new SettledBatch<RequestRecord>({
    // The trace first: the others show ids of traces that are kept.
    tellers: [
      (record) => tracing.settled(record),
      (record) => metrics.requestSettled(record),
      (record) => traces.settled(record),
      (record) => logAccess(log, record, { now: Date.now(), sample: live.snapshot.log.sample, random: Math.random }),
      (record) => experiments.add(record),
      ...tellersOf(options, { contentHits, now }),
    ],
    soon: setImmediate,
    onError: (error, { id }) => log.error({ id, error }, 'a request that is over could not be told of everywhere'),
  })
}

/** Who else is told of a request that is over. */
function tellersOf(
  { observers }: GatewayOptions,
  { contentHits, now }: { contentHits: ContentHits | undefined; now: () => number },
): readonly ((record: RequestRecord) => void)[] {
  const { events, rates, history, tail, failures } = observers ?? {}
  const tellers = [
    contentHits && ((record: RequestRecord) => contentHits.note(record)),
    rates && ((record: RequestRecord) => rates.add(record, now())),
    history && ((record: RequestRecord) => history.add(record)),
    tail && ((record: RequestRecord) => tail.add(record)),
    events && settledEvents({ events, now }),
    failures && ((record: RequestRecord) => failures.add(record)),
  ]
  return tellers.filter((teller) => teller !== undefined)
}

function experimentIdsOf({ routes }: Snapshot): ReadonlySet<string> {
  const all = [...routes.values()].flatMap((byName) => [...byName.values()])
  return new Set(all.flatMap(({ experiment }) => experiment?.id ?? []))
}

function addressResolver({ server }: Snapshot): (request: IncomingMessage) => string {
  const resolve = createAddressResolver(server.trustedProxies)
  return (request) => resolve(request.socket.remoteAddress ?? '', request.headers['x-forwarded-for']?.toString())
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
