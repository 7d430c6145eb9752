import type { Snapshot } from '../config/snapshot.ts'
import type { HealthStatus } from '../health/health.ts'
import type { Readiness } from './ops-routes.ts'

/** How the last attempt to change the config went. */
export interface ReloadState {
  /** ISO time; undefined before the first. */
  readonly at: string | undefined
  /** Empty when it went well. */
  readonly problems: readonly string[]
}

export interface ReloadJournal {
  readonly state: ReloadState
  succeeded(): void
  failed(problems: readonly string[]): void
}

export function createReloadJournal(): ReloadJournal {
  let state: ReloadState = { at: undefined, problems: [] }
  return {
    get state() {
      return state
    },
    succeeded() {
      state = { at: new Date().toISOString(), problems: [] }
    },
    failed(problems) {
      state = { at: new Date().toISOString(), problems }
    },
  }
}

export interface ReadinessInput {
  readonly snapshot: Snapshot
  readonly statusOf: (backendId: string) => HealthStatus
  readonly draining: boolean
  readonly reload: ReloadState
}

/** Ready: not stopping, and at least one backend may be used. An invalid config file is shown, but the one in force serves on. */
export function describeReadiness({ snapshot, statusOf, draining, reload }: ReadinessInput): Readiness {
  const backends = Object.fromEntries([...snapshot.backends.keys()].map((id) => [id, statusOf(id)]))
  const usable = Object.values(backends).some((status) => status !== 'unhealthy')
  const reason = draining
    ? 'stopping'
    : usable
      ? undefined
      : snapshot.backends.size === 0
        ? 'no backend is configured'
        : 'no backend is healthy'
  const config = { generation: snapshot.generation, lastReload: reload.at, valid: reload.problems.length === 0, problems: reload.problems }
  return { ready: reason === undefined, details: { reason, backends, undiscovered: snapshot.undiscovered, config } }
}
