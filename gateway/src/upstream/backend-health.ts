import type { DiscoveredModel } from '../adapters/model-list.ts'
import type { Backend } from '../config/snapshot.ts'
import { recordRefusal, recordTraffic, statusOf, type HealthStatus, type Transition } from '../health/health.ts'
import { createMonitor } from './monitor.ts'
import type { OpenUpstream } from './port.ts'
import type { ProbeOutcome } from './probe.ts'

export interface BackendHealthOptions {
  readonly open: OpenUpstream
  /** The backend's health vector in the state table. */
  readonly vectorOf: (backendId: string) => Float64Array
  /** As the config in force has it; undefined when it is gone. */
  readonly backendOf: (backendId: string) => Backend | undefined
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly random: () => number
  readonly onTransition: (backendId: string, transition: Transition, reason: string | undefined) => void
  /** A probe found it well, whatever it was before. */
  readonly onPassed: (backendId: string) => void
  readonly onModels: (backendId: string, models: readonly DiscoveredModel[]) => void
}

export interface BackendHealth {
  /** Probes just these backends from now on. */
  watch(backends: Iterable<Backend>): void
  /** Resolves when every one of them was probed once. */
  firstRound(): Promise<void>
  /** What real traffic saw. */
  report(backendId: string, signal: 'ok' | 'failed' | 'refused'): void
  statusOf(backendId: string): HealthStatus
  /** One probe out of turn; undefined when the backend is not in the config. */
  probeNow(backendId: string): Promise<ProbeOutcome | undefined>
  close(): void
}

/** What is known of each backend's health, from probes and from real traffic together. */
export function createBackendHealth(options: BackendHealthOptions): BackendHealth {
  const { vectorOf, now } = options
  const monitor = createMonitor({
    open: options.open,
    healthOf: vectorOf,
    now,
    random: options.random,
    onTransition: ({ id }, transition, reason) => options.onTransition(id, transition, reason),
    onPassed: ({ id }) => options.onPassed(id),
    onModels: ({ id }, models) => options.onModels(id, models),
  })
  return {
    watch: (backends) => monitor.watch(backends),
    firstRound: () => monitor.firstRound(),
    statusOf: (backendId) => statusOf(vectorOf(backendId)),
    probeNow: (backendId) => monitor.probeNow(backendId),
    close: () => monitor.close(),
    report(backendId, signal) {
      const backend = options.backendOf(backendId)
      // Without probes nothing would bring it back: then traffic must not take it out.
      if (backend === undefined || !backend.health.enabled) return
      const state = vectorOf(backendId)
      const transition = signal === 'refused' ? recordRefusal(state, now()) : recordTraffic(state, signal, backend.health, now())
      if (transition === undefined) return
      options.onTransition(backendId, transition, signal === 'ok' ? undefined : `real traffic: ${signal}`)
      if (transition.to === 'unhealthy') monitor.hurry(backendId)
    },
  }
}
