import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { BreakerStatus } from '../breaker/breaker.ts'
import type { HealthStatus } from '../health/health.ts'
import { METRICS } from './metric-table.ts'
import type { AttemptRecord, RequestRecord } from './request-record.ts'

/** What the gauges show is read when somebody looks. */
export interface GaugeSources {
  /** One entry for each backend of the config in force. */
  readonly backends: () => Iterable<{ readonly id: string; readonly status: HealthStatus; readonly inFlight: number }>
  /** One entry for each instance of the config in force. */
  readonly instances: () => Iterable<InstanceProtection>
  /** One entry for each model that has a queue. */
  readonly queues: () => Iterable<{ readonly service: string; readonly model: string; readonly waiting: number }>
  readonly pressure: () => number
  readonly budgets: () => Iterable<{ readonly id: string; readonly share: number; readonly refusals: number }>
  /** Of traces. */
  readonly spans: () => { readonly sent: number; readonly dropped: Iterable<readonly [reason: string, count: number]> }
  readonly configGeneration: () => number
  readonly configValid: () => boolean
}

/** What keeps an instance from being asked. */
export interface InstanceProtection {
  readonly id: string
  readonly breaker: BreakerStatus
  /** Why → seconds that are left; only what holds. */
  readonly leftAlone: Readonly<Partial<Record<'breaker' | 'pause' | 'credential', number>>>
}

export interface Metrics {
  readonly contentType: string
  /** The text exposition format. */
  expose(): Promise<string>
  requestStarted(): void
  /** Once for each request that `requestStarted` was called for. */
  requestSettled(record: RequestRecord): void
  /** A copy whose answer nobody got. */
  shadowSettled(record: RequestRecord): void
  healthChanged(backend: string, to: string): void
  breakerChanged(instance: string, to: string, reason: string): void
  configReloaded(result: 'ok' | 'invalid'): void
}

/** What stands in a model label when the config has no such model: clients can't make label values up. */
const NO_MODEL = ''

const BREAKER_STATE: Readonly<Record<BreakerStatus, number>> = { closed: 0, 'half-open': 1, open: 2 }

/** A backend that nobody has asked yet is used in good faith. */
const UP: Readonly<Record<HealthStatus, number>> = { unknown: 1, healthy: 1, warming: 0.5, unhealthy: 0 }

export function createMetrics(sources: GaugeSources): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'jairouter_' })
  const counter = (definition: { name: string; help: string; labels: readonly string[] }) =>
    new Counter({ name: definition.name, help: definition.help, labelNames: [...definition.labels], registers: [registry] })
  const histogram = (definition: { name: string; help: string; labels: readonly string[]; buckets: readonly number[] }) =>
    new Histogram({
      name: definition.name,
      help: definition.help,
      labelNames: [...definition.labels],
      buckets: [...definition.buckets],
      registers: [registry],
    })

  const requests = counter(METRICS.requests)
  const duration = histogram(METRICS.duration)
  const firstToken = histogram(METRICS.firstToken)
  const overhead = histogram(METRICS.overhead)
  const attempts = counter(METRICS.attempts)
  const attemptDuration = histogram(METRICS.attemptDuration)
  const retries = counter(METRICS.retries)
  const queueWait = histogram(METRICS.queueWait)
  const hedges = counter(METRICS.hedges)
  const fallbacks = counter(METRICS.fallbacks)
  const cacheRequests = counter(METRICS.cacheRequests)
  const contentMatches = counter(METRICS.contentMatches)
  const tokens = counter(METRICS.tokens)
  const healthChanges = counter(METRICS.healthChanges)
  const breakerTransitions = counter(METRICS.breakerTransitions)
  const configReloads = counter(METRICS.configReloads)
  const shadowRequests = counter(METRICS.shadowRequests)
  const countAttempts = (made: readonly AttemptRecord[]) => {
    for (const { backend, outcome, durationMs } of made) {
      attempts.inc({ backend, outcome })
      attemptDuration.observe({ backend }, durationMs / 1_000)
    }
  }
  let active = 0
  registerGauges(registry, sources, () => active)

  return {
    contentType: registry.contentType,
    expose: () => registry.metrics(),
    requestStarted() {
      active += 1
    },
    requestSettled(record) {
      active -= 1
      const { endpoint } = record
      const model = record.model ?? NO_MODEL
      requests.inc({ endpoint, model, status: String(record.status), code: record.code ?? '' })
      duration.observe({ endpoint, model }, record.durationMs / 1_000)
      if (record.stream && record.firstByteMs !== undefined) firstToken.observe({ endpoint, model }, record.firstByteMs / 1_000)
      if (record.overheadMs !== undefined) overhead.observe({ endpoint }, record.overheadMs / 1_000)
      countAttempts(record.attempts)
      const retried = record.attempts.length - 1 - (record.hedge === undefined ? 0 : 1)
      if (retried > 0) retries.inc({ model }, retried)
      if (record.hedge !== undefined) hedges.inc({ model, result: record.hedge })
      if (record.queuedMs !== undefined) queueWait.observe({ model }, record.queuedMs / 1_000)
      if (record.fallback !== undefined) fallbacks.inc({ model, step: record.fallback })
      if (record.cache !== undefined) cacheRequests.inc({ model, result: record.cache })
      for (const { rule, action, where, count } of record.content ?? []) contentMatches.inc({ rule, action, where }, count)
      if (record.usage !== undefined) {
        const estimated = String(record.usage.estimated === true)
        tokens.inc({ model, kind: 'prompt', estimated }, record.usage.promptTokens)
        tokens.inc({ model, kind: 'completion', estimated }, record.usage.completionTokens)
      }
    },
    shadowSettled({ model = NO_MODEL, experiment, status, attempts: made }) {
      shadowRequests.inc({ model, group: experiment?.group ?? '', status: String(status) })
      countAttempts(made)
    },
    healthChanged: (backend, to) => healthChanges.inc({ backend, to }),
    breakerChanged: (instance, to, reason) => breakerTransitions.inc({ instance, to, reason }),
    configReloaded: (result) => configReloads.inc({ result }),
  }
}

function registerGauges(registry: Registry, sources: GaugeSources, active: () => number): void {
  const gauge = (definition: { name: string; help: string; labels: readonly string[] }, collect: (this: Gauge) => void) =>
    new Gauge({ name: definition.name, help: definition.help, labelNames: [...definition.labels], registers: [registry], collect })
  gauge(METRICS.activeRequests, function collect() {
    this.set(active())
  })
  gauge(METRICS.inFlight, function collect() {
    // A backend that left the config must not live on in its last value.
    this.reset()
    for (const { id, inFlight } of sources.backends()) this.set({ backend: id }, inFlight)
  })
  gauge(METRICS.backendUp, function collect() {
    this.reset()
    for (const { id, status } of sources.backends()) this.set({ backend: id }, UP[status])
  })
  gauge(METRICS.breakerState, function collect() {
    this.reset()
    for (const { id, breaker } of sources.instances()) this.set({ instance: id }, BREAKER_STATE[breaker])
  })
  gauge(METRICS.leftAlone, function collect() {
    this.reset()
    for (const { id, leftAlone } of sources.instances()) {
      for (const [why, seconds] of Object.entries(leftAlone)) this.set({ instance: id, why }, seconds)
    }
  })
  gauge(METRICS.queueLength, function collect() {
    this.reset()
    for (const { service, model, waiting } of sources.queues()) this.set({ service, model }, waiting)
  })
  gauge(METRICS.budgetUsed, function collect() {
    this.reset()
    for (const { id, share } of sources.budgets()) this.set({ budget: id }, share)
  })
  registry.registerMetric(
    new Counter({
      name: METRICS.budgetRefusals.name,
      help: METRICS.budgetRefusals.help,
      labelNames: [...METRICS.budgetRefusals.labels],
      registers: [],
      collect() {
        this.reset()
        for (const { id, refusals } of sources.budgets()) this.inc({ budget: id }, refusals)
      },
    }),
  )
  registry.registerMetric(
    new Counter({
      name: METRICS.spansSent.name,
      help: METRICS.spansSent.help,
      labelNames: [],
      registers: [],
      collect() {
        this.reset()
        this.inc(sources.spans().sent)
      },
    }),
  )
  registry.registerMetric(
    new Counter({
      name: METRICS.spansDropped.name,
      help: METRICS.spansDropped.help,
      labelNames: [...METRICS.spansDropped.labels],
      registers: [],
      collect() {
        this.reset()
        for (const [reason, count] of sources.spans().dropped) this.inc({ reason }, count)
      },
    }),
  )
  gauge(METRICS.pressure, function collect() {
    this.set(sources.pressure())
  })
  gauge(METRICS.configGeneration, function collect() {
    this.set(sources.configGeneration())
  })
  gauge(METRICS.configValid, function collect() {
    this.set(sources.configValid() ? 1 : 0)
  })
}
