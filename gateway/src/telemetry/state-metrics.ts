import type { LimitCount, LimitScope } from '@jairouter/contract/names'
import type { BreakerStatus } from '../breaker/breaker.ts'
import type { HealthStatus } from '../health/health.ts'
import type { MetricDefinition } from './metric-definition.ts'
import { readFamily, type ShownFamily } from './metric-family.ts'
import { STATE_METRICS } from './metric-rows-state.ts'

/** What the gauges show is read when somebody looks. */
export interface GaugeSources {
  /** One entry for each backend of the config in force. */
  readonly backends: () => Iterable<{
    readonly id: string
    readonly status: HealthStatus
    readonly inFlight: number
    readonly sockets: { readonly used: number; readonly free: number }
  }>
  /** One entry for each instance of the config in force. */
  readonly instances: () => Iterable<InstanceProtection>
  /** One entry for each model that has a queue. */
  readonly queues: () => Iterable<{ readonly service: string; readonly model: string; readonly waiting: number }>
  readonly pressure: () => number
  readonly budgets: () => Iterable<{ readonly id: string; readonly share: number; readonly refusals: number }>
  /** What limits have said since the start. */
  readonly limitDecisions: () => Iterable<LimitTally>
  /** One entry for each limit of the config in force that anybody uses. */
  readonly limitsLeft: () => Iterable<LimitKind & { readonly place: string; readonly share: number }>
  /** Undefined where there is no history. */
  readonly historyDropped: () => number | undefined
  readonly clientSockets: () => number
  /** Undefined where there are no alerts. */
  readonly alerts: AlertCounts | undefined
  /** Of traces. */
  readonly spans: () => { readonly sent: number; readonly dropped: Iterable<readonly [reason: string, count: number]> }
  readonly configGeneration: () => number
  readonly configValid: () => boolean
  /** Undefined: no version is stored. */
  readonly configVersion: () => number | undefined
}

export interface AlertCounts {
  /** Of each rule that holds, three: pending, firing, quiet. */
  states(): Iterable<{ readonly rule: string; readonly severity: string; readonly state: string; readonly count: number }>
  /** Of each webhook: sent, failed, dropped. */
  notices(): Iterable<{ readonly receiver: string; readonly result: string; readonly count: number }>
}

interface LimitKind {
  readonly by: LimitScope
  readonly algorithm: string
  readonly count: LimitCount
}

export interface LimitTally extends LimitKind {
  readonly allowed: number
  readonly rejected: number
}

/** What keeps an instance from being asked. */
export interface InstanceProtection {
  readonly id: string
  readonly breaker: BreakerStatus
  /** Why -> seconds that are left; only what holds. */
  readonly leftAlone: Readonly<Partial<Record<'breaker' | 'pause' | 'credential', number>>>
}

const BREAKER_STATE: Readonly<Record<BreakerStatus, number>> = { closed: 0, 'half-open': 1, open: 2 }

/** A backend that nobody has asked yet is used in good faith. */
const UP: Readonly<Record<HealthStatus, number>> = { unknown: 1, healthy: 1, warming: 0.5, unhealthy: 0 }

type Read = readonly (readonly [readonly string[], number])[]

/** Everything that is read when somebody looks; what left the config is not in it any more. */
export function stateFamilies(sources: GaugeSources, active: () => number): readonly ShownFamily[] {
  const single = (definition: MetricDefinition, read: () => number) => readFamily(definition, () => [[[], read()]])
  const each = <Item>(definition: MetricDefinition, items: () => Iterable<Item>, read: (item: Item) => Read) =>
    readFamily(definition, function* sets() {
      for (const item of items()) yield* read(item)
    })
  return [
    single(STATE_METRICS.activeRequests, active),
    each(STATE_METRICS.queueLength, sources.queues, ({ service, model, waiting }) => [[[service, model], waiting]]),
    single(STATE_METRICS.pressure, sources.pressure),
    each(STATE_METRICS.limitDecisions, sources.limitDecisions, ({ by, algorithm, count, allowed, rejected }) => [
      [[by, algorithm, count, 'allowed'], allowed],
      [[by, algorithm, count, 'rejected'], rejected],
    ]),
    each(STATE_METRICS.limitRemaining, sources.limitsLeft, ({ place, by, algorithm, count, share }) => [
      [[place, by, algorithm, count], share],
    ]),
    each(STATE_METRICS.budgetUsed, sources.budgets, ({ id, share }) => [[[id], share]]),
    each(STATE_METRICS.budgetRefusals, sources.budgets, ({ id, refusals }) => [[[id], refusals]]),
    each(
      STATE_METRICS.historyDropped,
      () => maybe(sources.historyDropped()),
      (dropped) => [[[], dropped]],
    ),
    each(STATE_METRICS.inFlight, sources.backends, ({ id, inFlight }) => [[[id], inFlight]]),
    each(STATE_METRICS.upstreamSockets, sources.backends, ({ id, sockets }) => [
      [[id, 'used'], sockets.used],
      [[id, 'free'], sockets.free],
    ]),
    single(STATE_METRICS.clientSockets, sources.clientSockets),
    each(STATE_METRICS.backendUp, sources.backends, ({ id, status }) => [[[id], UP[status]]]),
    each(STATE_METRICS.breakerState, sources.instances, ({ id, breaker }) => [[[id], BREAKER_STATE[breaker]]]),
    each(STATE_METRICS.leftAlone, sources.instances, ({ id, leftAlone }) =>
      Object.entries(leftAlone).map(([why, seconds]) => [[id, why], seconds] as const),
    ),
    each(
      STATE_METRICS.alerts,
      () => sources.alerts?.states() ?? [],
      ({ rule, severity, state, count }) => [[[rule, severity, state], count]],
    ),
    each(
      STATE_METRICS.alertNotices,
      () => sources.alerts?.notices() ?? [],
      ({ receiver, result, count }) => [[[receiver, result], count]],
    ),
    single(STATE_METRICS.spansSent, () => sources.spans().sent),
    readFamily(STATE_METRICS.spansDropped, () => Array.from(sources.spans().dropped, ([reason, count]) => [[reason], count] as const)),
    single(STATE_METRICS.configGeneration, sources.configGeneration),
    readFamily(STATE_METRICS.configVersion, () => {
      const version = sources.configVersion()
      return version === undefined ? [] : [[[], version]]
    }),
    single(STATE_METRICS.configValid, () => (sources.configValid() ? 1 : 0)),
  ]
}

function maybe<Value>(value: Value | undefined): readonly Value[] {
  return value === undefined ? [] : [value]
}
