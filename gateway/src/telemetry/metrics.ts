import { expose, type ExpositionFormat } from './exposition.ts'
import type { MetricDefinition } from './metric-definition.ts'
import { CounterFamily, type ShownFamily } from './metric-family.ts'
import { METRICS } from './metric-table.ts'
import { processFamilies } from './process-metrics.ts'
import { RequestMetrics, type RequestMetricsOptions } from './request-metrics.ts'
import type { RequestRecord } from './request-record.ts'
import { stateFamilies, type GaugeSources } from './state-metrics.ts'

export interface MetricsOptions extends RequestMetricsOptions {
  readonly sources: GaugeSources
  /** Of the store. */
  readonly store: { families(): readonly ShownFamily[] }
}

export interface Metrics {
  expose(format: ExpositionFormat): string
  /** What a metric shows now; nothing where there is none of it. */
  sets(definition: MetricDefinition): ReturnType<ShownFamily['sets']>
  requestStarted(): void
  /** Once for each request that `requestStarted` was called for. */
  requestSettled(record: RequestRecord): void
  /** A copy whose answer nobody got. */
  shadowSettled(record: RequestRecord): void
  healthChanged(backend: string, to: string): void
  breakerChanged(instance: string, to: string, reason: string): void
  /** A backend sent what nobody had asked for. */
  unaskedCame(backend: string): void
  configReloaded(result: 'ok' | 'invalid'): void
}

export function createMetrics(options: MetricsOptions): Metrics {
  const requests = new RequestMetrics(options)
  const healthChanges = new CounterFamily(METRICS.healthChanges)
  const breakerTransitions = new CounterFamily(METRICS.breakerTransitions)
  const unasked = new CounterFamily(METRICS.upstreamUnasked)
  const configReloads = new CounterFamily(METRICS.configReloads)
  let active = 0
  const families = [
    ...requests.families(),
    ...stateFamilies(options.sources, () => active),
    healthChanges,
    breakerTransitions,
    unasked,
    configReloads,
    ...options.store.families(),
    ...processFamilies(),
  ]

  return {
    expose: (format) => expose(families, format),
    sets: (definition) => families.find((family) => family.definition === definition)?.sets() ?? [],
    requestStarted() {
      active += 1
    },
    requestSettled(record) {
      active -= 1
      requests.settled(record)
    },
    shadowSettled: (record) => requests.shadowSettled(record),
    healthChanged(backend, to) {
      healthChanges.cell(backend, to).value += 1
    },
    breakerChanged(instance, to, reason) {
      breakerTransitions.cell(instance, to, reason).value += 1
    },
    unaskedCame(backend) {
      unasked.cell(backend).value += 1
    },
    configReloaded(result) {
      configReloads.cell(result).value += 1
    },
  }
}
