import type { Instance, ProbeAnswer } from '@jairouter/contract/management/instances'
import type { HealthStatus } from '../health/health.ts'
import type { LiveLimit } from '@jairouter/contract/management/limits'

/** What the management API sees of the data plane, and may do to it. Reading costs requests nothing. */
export interface LivePort {
  /** Every instance of the config in force, without what was said of it at run time. */
  instances(): Instance[]
  instance(id: string): Instance | undefined
  backends(): { readonly id: string; readonly status: HealthStatus }[]
  /** Open calls of an instance, also of one that has left the config. */
  inFlight(id: string): number
  /** `top`: how many of the tightest subjects of each are named. */
  limits(top: number): LiveLimit[]
  /** Holds from the next request on, and until `until` (epoch milliseconds); undefined: nothing was said of it. */
  override(id: string, override: { readonly kind: 'disabled' | 'draining'; readonly until: number | undefined } | undefined): void
  probe(backendId: string): Promise<ProbeAnswer>
  /** What keeps the instance from being asked by itself is forgotten; returns what that was. */
  reset(instance: Pick<Instance, 'id' | 'backend'>): ('breaker' | 'pause' | 'credential')[]
  /** Requests that are being answered, and those of them that wait for room. */
  load(): { readonly requests: number; readonly waiting: number; readonly level: string }
}
