import type { LevelChange } from '../http/overload/overload-monitor.ts'
import { RecentMap } from '../lib/recent-map.ts'
import type { LiveConfig } from '../config/live-config.ts'
import type { ProtectionOptions } from '../relay/protection.ts'
import type { EventBus } from '../telemetry/event-bus.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { BackendHealthOptions } from '../upstream/backend-health.ts'
import type { PoolsOptions } from '../upstream/pools.ts'

/** Backends whose last change of health is remembered with its reason. */
const MOST_REASONS = 10_000

interface ReportTargets {
  readonly log: Logger
  readonly metrics: () => Metrics
  readonly events: EventBus | undefined
}

/** What of health and protection is to be seen: in the log, and as counts. */
export function createReports({ log, metrics, events }: ReportTargets): Pick<ProtectionOptions, 'onBreaker' | 'onCredential'> &
  Pick<BackendHealthOptions, 'onTransition'> & {
    readonly onOverload: (change: LevelChange) => void
    readonly onUnasked: NonNullable<PoolsOptions['onUnasked']>
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
    onUnasked(backend, apartMs) {
      metrics().unaskedCame(backend)
      if (apartMs === 0) return
      const minutes = Math.round(apartMs / 60_000)
      log.error({ backend }, `backend sends answers that nobody asked for: for ${minutes} minutes no connection to it is used twice`)
    },
    onCredential(backend, accepted) {
      events?.publish('instances', 'credential', { backend, accepted })
      if (accepted) log.info({ backend }, 'backend takes the credential again')
      else log.error({ backend }, 'backend refuses the credential: check its apiKey; it is left alone for a minute at a time')
    },
  }
}

/** Another config is in force. */
export function logSwap(log: Logger, { snapshot, warnings }: LiveConfig, events: EventBus | undefined): void {
  const { generation, backends, models, log: settings } = snapshot
  log.level = settings.level
  const inForce = { generation, backends: backends.size, models: models.length }
  log.info(inForce, 'config in force')
  events?.publish('config', 'in-force', inForce)
  if (warnings.length > 0) log.warn({ warnings: warnings.map(({ message }) => message) }, 'expectations of the config')
}
