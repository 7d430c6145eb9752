import { randomBytes, randomUUIDv7 } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Role } from '@jairouter/contract/management/roles'
import type { FastifyInstance } from 'fastify'
import type { AnyRoute } from '../admin/route.ts'
import { createLiveControl, type LiveControl } from '../admin/live-control.ts'
import { LogLevelDesk } from '../admin/log-level-desk.ts'
import { openAccess, type ManagedAccess } from '../auth/access.ts'
import { looksLikeToken } from '../auth/accounts/access-token.ts'
import { createAccounts, type Accounts } from '../auth/accounts/accounts.ts'
import { createKeyFileReader } from '../auth/accounts/read-key-file.ts'
import { SessionCount } from '../auth/accounts/session-count.ts'
import type { StartState } from '../auth/accounts/setup.ts'
import { askerAs, isBlocked } from '../auth/blocks/is-blocked.ts'
import { auditWrite } from '../auth/audit/audit-entry.ts'
import { keepAudit } from '../auth/audit/audit-retention.ts'
import type { Environment } from '../config/interpolate.ts'
import type { CompleteConfig } from '../config/live-config.ts'
import type { Snapshot, StoreSettings } from '../config/snapshot.ts'
import type { Gateway, GatewayOptions } from '../gateway.ts'
import { createCallHistory, type CallHistory } from '../history/call-history.ts'
import { openHistory } from '../history/open-history.ts'
import { EventJournal, journaled } from '../history/event-journal.ts'
import { HistoryTail } from '../history/history-tail.ts'
import type { HistoryStore } from '../history/port.ts'
import type { Store } from '../store/port.ts'
import type { SecretBox } from '../store/secrets/port.ts'
import { EventBus } from '../telemetry/event-bus.ts'
import type { ContentHitFacts } from '../telemetry/content-hits.ts'
import type { Logger } from '../telemetry/log.ts'
import { RateRing } from '../telemetry/rate-ring.ts'
import type { StoreMeter } from '../telemetry/store-meter.ts'
import { createPolicedFetch } from '../upstream/policed-fetch.ts'
import { startExperimentStepper } from '../versions/experiment-stepper.ts'
import type { OpenDesk } from '../versions/open-desk.ts'
import { openAlerting, type Alerting } from './alerting.ts'
import { mountControl } from './mount-control.ts'
import { moveExperiment } from './move-experiment.ts'

const MINUTE_MS = 60_000
/** How soon an open event stream notices that its session is over. */
const WATCH_MS = 1_000

export interface ControlPlaneOptions {
  readonly store: Store
  /** Where it is: the call history is beside it. */
  readonly settings: StoreSettings
  /** How it is doing; left out where nobody looks. */
  readonly meter?: StoreMeter
  readonly box: SecretBox
  readonly desk: OpenDesk
  readonly env: Environment
  /** Where paths of the config start. */
  readonly directory: string
  readonly log: Logger
  readonly product: { readonly version: string; readonly environment?: string | undefined; readonly demo: boolean }
}

/** All parts of the control plane, open over one store. */
export interface ControlParts extends ControlPlaneOptions {
  readonly access: ManagedAccess
  readonly accounts: Accounts
  readonly live: LiveControl
  readonly history: CallHistory
  readonly logLevel: LogLevelDesk
  readonly alerting: Alerting
  readonly events: EventBus
  /** There from the moment on at which requests may come. */
  readonly gateway: () => Gateway
}

export interface ControlPlane {
  /** What the gateway is to be made with. */
  readonly forGateway: Omit<GatewayOptions, 'loaded' | 'log' | 'onFirstRequest' | 'onSettled'>
  readonly loaded: CompleteConfig
  /** All operations of the management API. */
  routes(): Promise<readonly AnyRoute[]>
  /** Joins it to the gateway that was made so. Resolves when it is in charge; says whether somebody has to set it up first. */
  attach(gateway: Gateway): Promise<StartState>
  /** Before the gateway stops: streams and jobs end. */
  stopping(): void
  /** After it has: writes what is not in the store yet, and closes that. */
  close(): Promise<void>
}

/** Opens the control plane over a store and its desk. Rejects as the store does. */
export async function openControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { store, desk, log } = options
  let joined: Gateway | undefined
  const gateway = (): Gateway => {
    if (joined === undefined) throw new Error('the control plane is asked before its gateway is there')
    return joined
  }
  const events = new EventBus({ now: Date.now })
  const rates = new RateRing()
  const access = await openAccess({ store, wallClock: Date.now, randomBytes, ...accessReports(log, events) })
  const accounts = openAccounts(options, gateway)
  const sessionCount = new SessionCount({ list: () => accounts.sessions.list(), now: Date.now })
  const { journal, history } = openPast({
    ...options,
    events,
    snapshot: () => gateway().snapshot,
    isEnabled: () => joined?.snapshot.history.enabled ?? true,
  })
  const tail = new HistoryTail({
    entryOf: history.entryOf,
    open: () => joined?.requests.all() ?? [],
    monotonic: () => performance.now(),
  })
  const hasBudgets = () => access.forGateway.budgets?.active === true
  const alerting = beginAlerting({ store, log, events, gateway, history, hasBudgets })
  const past = { history: history.store, tail, alerts: () => alerting.shown() }
  const live = openLive({ store, desk, log, events, rates, gateway, sessionCount, ...past })
  const logLevel = openLogLevel({ store, log, events, gateway })
  events.publish('gateway', 'started', { version: options.product.version })
  const parts: ControlParts = { ...options, access, accounts, live, history, gateway, logLevel, alerting, events }
  const background: (() => void)[] = [() => logLevel.close(), tellEvents(events, log), () => alerting.close()]
  // Switched off later, it is gone at once; switched on, it needs a restart.
  const isManaged = desk.loaded.config.admin.enabled

  return {
    loaded: desk.loaded,
    routes: () => allRoutes(parts),
    forGateway: {
      ...access.forGateway,
      users: { looksLikeToken, authenticate: accounts.authenticateUser },
      observers: { events, rates, history: history.sink, tail, failures: alerting.feed, alerts: alerting.counts },
      configVersion: () => desk.state.version.number,
      ...(options.meter === undefined ? {} : { storeMeter: options.meter }),
      onContentHit: (facts) =>
        void auditContent(store, facts).catch((error: unknown) => log.warn({ error }, 'a content match is not in the audit')),
      ...(isManaged ? { mount: (server: FastifyInstance) => mountControl(server, parts) } : {}),
    },
    async attach(made) {
      joined = made
      access.attach(made)
      desk.attach(made)
      await live.load()
      history.start()
      alerting.start()
      background.push(...inBackground(parts))
      return isManaged ? accounts.setup.begin(firstAdminOf(options.env)) : { state: 'ready' }
    },
    stopping() {
      for (const stop of background) stop()
      live.close()
    },
    async close() {
      desk.close()
      await journal.close()
      await history.close()
      await access.stop()
      await accounts.close()
      await store.close()
    },
  }
}

/** Every operation of the management API; loaded when somebody asks for one. */
export async function allRoutes(parts: ControlParts): Promise<readonly AnyRoute[]> {
  const { controlRoutes } = await import('./control-routes.ts')
  return controlRoutes(parts)
}

function openAccounts(options: ControlPlaneOptions, gateway: () => Gateway): Accounts {
  return createAccounts({
    ...options,
    settings: () => gateway().snapshot.accounts,
    readKeyFile: createKeyFileReader(options.directory),
    // What an identity provider says of its addresses is its own word.
    fetch: createPolicedFetch(() => ({ ...gateway().snapshot.network, closedPorts: [] })),
    now: Date.now,
  })
}

function beginAlerting({
  history,
  ...parts
}: Pick<ControlParts, 'store' | 'log' | 'gateway' | 'history' | 'events'> & { readonly hasBudgets: () => boolean }): Alerting {
  return openAlerting({
    ...parts,
    history: history.store,
    now: Date.now,
    monotonic: () => performance.now(),
    random: Math.random,
    after: (milliseconds, callback) => cancelling(setTimeout(callback, milliseconds)),
  })
}

function openLive({
  store,
  desk,
  log,
  events,
  rates,
  gateway,
  sessionCount,
  ...past
}: Pick<ControlParts, 'store' | 'desk' | 'log' | 'gateway'> & {
  events: EventBus
  rates: RateRing
  sessionCount: SessionCount
  history: HistoryStore
  tail: HistoryTail
  alerts: () => unknown
}): LiveControl {
  return createLiveControl({
    store,
    // What it shows is asked for when it is shown.
    live: lateBound(() => gateway().plane),
    events,
    rates,
    snapshot: () => gateway().snapshot,
    written: () => desk.state.written,
    configInForce: () => shownVersion(desk),
    configVersion: () => desk.state.version.number,
    sessions: () => sessionCount.value,
    countSessions: () => sessionCount.read().catch(() => {}),
    ...past,
    verifyLog: async (...given) => (await import('../store/chain.ts')).verifyLog(...given),
    now: Date.now,
    monotonic: () => performance.now(),
    every: (milliseconds, callback) => cancelling(setInterval(callback, milliseconds)),
    after: (milliseconds, callback) => cancelling(setTimeout(callback, milliseconds)),
    onError: (error) => log.warn({ error }, 'something in the background of the control plane failed; it is tried again'),
  })
}

/** The call history, and in it what happens to the gateway. */
function openPast({
  settings,
  log,
  events,
  snapshot,
  isEnabled,
}: Pick<ControlPlaneOptions, 'settings' | 'log'> & {
  readonly events: EventBus
  readonly snapshot: () => Snapshot
  readonly isEnabled: () => boolean
}): { readonly journal: EventJournal; readonly history: CallHistory } {
  const store = openHistory(settings, { now: Date.now, log })
  const journal = new EventJournal({
    events,
    store,
    isEnabled,
    after: (milliseconds, callback) => cancelling(setTimeout(callback, milliseconds)),
    batchId: randomUUIDv7,
    onError: (error) => log.warn({ error }, 'events could not be written to the call history; it is tried again'),
  })
  return { journal, history: createCallHistory({ store: journaled(store, journal), snapshot, log }) }
}

function openLogLevel({
  store,
  log,
  events,
  gateway,
}: Pick<ControlParts, 'store' | 'log' | 'gateway'> & { readonly events: EventBus }): LogLevelDesk {
  return new LogLevelDesk({
    store,
    log,
    events,
    configured: () => gateway().snapshot.log.level,
    now: Date.now,
    after: (milliseconds, callback) => cancelling(setTimeout(callback, milliseconds)),
    onError: (error) => log.warn({ error }, 'the end of another level of the log is not in the audit'),
  })
}

/** For who debugs: what is worth a line otherwise has one of its own. */
function tellEvents(events: EventBus, log: Logger): () => void {
  return events.subscribe(({ topic, type, sequence, data }) => log.debug({ event: `${topic}.${type}`, sequence, data }, 'event'))
}

function cancelling(timer: NodeJS.Timeout): () => void {
  timer.unref()
  return () => clearTimeout(timer)
}

function shownVersion({ state: { version, confirm } }: OpenDesk): object {
  const { number, author, time, origin, message } = version
  return { version: number, author, time, origin, message, ...(confirm === undefined ? {} : { confirm }) }
}

/** An object that is there only later, for who needs it at once. */
function lateBound<Value extends object>(find: () => Value): Value {
  return new Proxy({} as Value, {
    get(_target, name) {
      const found = find()
      const value: unknown = Reflect.get(found, name)
      return typeof value === 'function' ? value.bind(found) : value
    },
  })
}

function accessReports(
  log: Logger,
  events: EventBus,
): Pick<Parameters<typeof openAccess>[0], 'onWarning' | 'onStore' | 'onUnreadable' | 'onChanged'> {
  return {
    onWarning({ id, scope, unit, period }, share) {
      events.publish('budgets', 'warning', { id, scope, unit, period, share })
      log.warn({ budget: id, scope, unit, period, share }, 'a budget is nearly spent')
    },
    onChanged: (collection, id, what) => events.publish(collection, what, { id }),
    onStore(error) {
      if (error === undefined) log.info('the store takes what keys and budgets have to write again')
      else log.error({ error }, 'the store does not take what keys and budgets have to write; it is kept and tried again')
    },
    onUnreadable: (collection, id) => log.error({ collection, id }, 'a document of the store is not what belongs there; it is left alone'),
  }
}

/** What goes on beside requests. Returns the ways to stop it. */
function inBackground(parts: ControlParts): readonly (() => void)[] {
  const { store, accounts, live, gateway, log } = parts
  const every = (milliseconds: number, callback: () => void) => cancelling(setInterval(callback, milliseconds))
  const onError = (error: unknown) => log.warn({ error }, 'something in the background of the control plane failed; it is tried again')
  const stepper = startExperimentStepper({
    snapshot: () => gateway().snapshot,
    results: gateway().experiments,
    wallClock: Date.now,
    move: (move) => moveExperiment(parts.desk, move),
    onFailed: ({ model, group }, error) =>
      log.warn({ model, group, error }, 'a step of an experiment could not be written; it is tried again'),
  })
  const tidy = () => void accounts.tidy().catch(onError)
  // At once, too: the store is awake now.
  tidy()
  return [
    every(MINUTE_MS, tidy),
    every(WATCH_MS, () => void live.watch((sessionId) => roleOfSession(parts, sessionId)).catch(onError)),
    keepAudit({ store, settings: () => gateway().snapshot.audit, now: Date.now, every, onError }),
    () => stepper.stop(),
  ]
}

/** Undefined: the session is over, or blocked. */
async function roleOfSession({ accounts, gateway }: ControlParts, sessionId: string): Promise<Role | undefined> {
  const user = (await accounts.sessions.live(sessionId))?.user.body
  if (user === undefined || isBlocked(gateway().snapshot.blocks, askerAs({ ...user, sessionId }), Date.now())) return undefined
  return user.role
}

/** Name and password of the first admin, where the environment gives them. */
function firstAdminOf(env: Environment): { readonly name: string; readonly password: string } | undefined {
  const password = env['JAIROUTER_ADMIN_PASSWORD']
  if (password === undefined || password === '') return undefined
  const name = env['JAIROUTER_ADMIN_NAME']
  return { name: name === undefined || name === '' ? 'admin' : name, password }
}

async function auditContent(store: Store, { rule, action, where, count, requests, ...facts }: ContentHitFacts): Promise<void> {
  const { requestId, principal, model, endpoint, address } = facts
  const after = {
    where,
    count,
    requests,
    endpoint,
    ...(model === undefined ? {} : { model }),
    ...(principal === undefined ? {} : { key: principal }),
  }
  const write = auditWrite(
    { actor: { kind: 'system' }, address, requestId },
    { action: `content.${action}`, target: `contentRules/${rule}`, result: action === 'block' ? 'refused' : 'ok', after, time: Date.now() },
  )
  await store.commit([write])
}
