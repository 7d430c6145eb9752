import type { Instance as LiveInstance, ProbeAnswer } from '@jairouter/contract/management/instances'
import type { LiveLimit } from '@jairouter/contract/management/limits'
import { clearOverride, OVERRIDE_SIZE, setOverride } from '../breaker/override.ts'
import type { Snapshot } from '../config/snapshot.ts'
import { HEALTH_SIZE, statusOf, type HealthStatus } from '../health/health.ts'
import { createLiveInstances } from './live-instances.ts'
import { describeLimits } from './live-limits.ts'
import type { Memory } from './memory.ts'
import type { Protection, Resettable } from './protection.ts'
import { stateName } from './route-states.ts'

export interface LivePlaneOptions {
  readonly memory: Memory
  readonly snapshot: () => Snapshot
  readonly protection: Pick<Protection, 'reset'>
  /** One probe out of turn; undefined when the backend is not in the config. */
  readonly probe: (
    backendId: string,
  ) => Promise<{ readonly kind: 'ok' | 'warming' | 'refused' | 'failed'; readonly reason?: string } | undefined>
  readonly healthReason: (backendId: string) => string | undefined
  /** Requests that are being answered. */
  readonly requests: () => number
  /** How much strain the gateway is under. */
  readonly level: () => string
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Epoch milliseconds. */
  readonly wallClock: () => number
}

/** The data plane as the management API sees it, with what may be done to it. */
export interface LivePlane {
  instances(): LiveInstance[]
  instance(id: string): LiveInstance | undefined
  inFlight(id: string): number
  backends(): { readonly id: string; readonly status: HealthStatus }[]
  limits(top: number): LiveLimit[]
  /** `until`: epoch milliseconds. */
  override(id: string, override: { readonly kind: 'disabled' | 'draining'; readonly until: number | undefined } | undefined): void
  probe(backendId: string): Promise<ProbeAnswer>
  reset(instance: { readonly id: string; readonly backend: string }): Resettable[]
  load(): { readonly requests: number; readonly waiting: number; readonly level: string }
}

export function createLivePlane(options: LivePlaneOptions): LivePlane {
  const { memory, snapshot, now, wallClock } = options
  const { table, limits, waiting } = memory
  const instances = createLiveInstances({ table, limits, snapshot, now, wallClock, healthReason: options.healthReason })
  return {
    instances: () => instances.all(),
    instance: (id) => instances.get(id),
    backends: () =>
      [...snapshot().backends.keys()].map((id) => ({
        id,
        status: statusOf(table.peek(stateName.health(id)) ?? new Float64Array(HEALTH_SIZE)),
      })),
    inFlight: (id) => instances.inFlight(id),
    limits: (top) => describeLimits({ limits, snapshot, now }, top),
    override(id, override) {
      const state = table.vector(stateName.override(id), OVERRIDE_SIZE)
      if (override === undefined) clearOverride(state)
      else setOverride(state, override.kind, override.until === undefined ? Infinity : now() + override.until - wallClock())
      // Somebody may wait for this one.
      if (override === undefined) waiting.callEnded()
    },
    async probe(backendId) {
      const from = now()
      const outcome = await options.probe(backendId)
      const durationMs = Math.round((now() - from) * 10) / 10
      if (outcome === undefined) return { outcome: 'skipped', durationMs }
      return { outcome: outcome.kind, ...(outcome.reason === undefined ? {} : { reason: outcome.reason }), durationMs }
    },
    reset: ({ id, backend }) => options.protection.reset(id, backend),
    load: () => ({
      requests: options.requests(),
      waiting: [...waiting.lengths()].reduce((sum, room) => sum + room.waiting, 0),
      level: options.level(),
    }),
  }
}
