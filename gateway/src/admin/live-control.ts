import type { Role } from '@jairouter/contract/management/roles'
import type { Snapshot } from '../config/snapshot.ts'
import type { HistoryTail } from '../history/history-tail.ts'
import type { HistoryStore } from '../history/port.ts'
import type { Store } from '../store/port.ts'
import type { EventBus } from '../telemetry/event-bus.ts'
import type { RateRing } from '../telemetry/rate-ring.ts'
import type { VerifyLog } from './audit.ts'
import { JobBoard } from './job-board.ts'
import type { LivePort } from './live-port.ts'
import { OverrideDesk } from './override-desk.ts'
import type { AnyRoute } from './route.ts'
import type { StreamDesk } from './streaming/stream-desk.ts'

export interface LiveControlOptions {
  readonly store: Store
  readonly live: LivePort
  readonly events: EventBus
  readonly rates: RateRing
  readonly snapshot: () => Snapshot
  /** The config as it is written, with secrets masked. */
  readonly written: () => unknown
  /** What is shown of the config version in force; no secret. */
  readonly configInForce: () => unknown
  /** Alerts that are pending or fire. */
  readonly alerts: () => unknown
  /** Number of the config version in force; undefined where there are no versions. */
  readonly configVersion: () => number | undefined
  /** How many people are signed in; undefined where nobody knows. */
  readonly sessions: () => number | undefined
  /** Makes `sessions` know. Never rejects. */
  readonly countSessions?: () => Promise<void>
  /** Left out where nothing is kept of requests that are over. */
  readonly history?: HistoryStore
  /** Left out where no request can be followed. */
  readonly tail?: HistoryTail
  readonly verifyLog: VerifyLog
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Milliseconds, as `rates` were counted by. */
  readonly monotonic: () => number
  /** Calls back again and again; returns the way to stop. */
  readonly every: (milliseconds: number, callback: () => void) => () => void
  /** Calls back once; returns the way not to. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
  /** What went wrong in the background; it is tried again. */
  readonly onError: (error: unknown) => void
}

/** What the management API shows and does of the gateway as it runs. */
export interface LiveControl {
  readonly jobs: JobBoard
  readonly overrides: OverrideDesk
  /** Puts the overrides of the store in force. Rejects with a StoreError; may be called again. */
  load(): Promise<void>
  /** Loaded when asked for: schemas and streams cost memory. */
  routes(): Promise<readonly AnyRoute[]>
  /** Ends the streams of sessions that are over, or whose users may not follow any more what they follow. Free of cost while there are none. */
  watch(roleOf: (sessionId: string) => Promise<Role | undefined>): Promise<void>
  /** A session is over. */
  endStreamsOf(sessionId: string): void
  /** Undefined: the user is gone, or may not come in any more. */
  roleChanged(userId: string, role: Role | undefined): void
  /** Ends streams, jobs and what waits: before the server is closed, which waits for them. */
  close(): void
}

export function createLiveControl(options: LiveControlOptions): LiveControl {
  const jobs = new JobBoard(options)
  const overrides = new OverrideDesk(options)
  let streams: StreamDesk | undefined
  return {
    jobs,
    overrides,
    load: () => overrides.load(),
    async routes() {
      const { liveRoutes } = await import('./live-routes.ts')
      const built = liveRoutes({ ...options, jobs, overrides })
      streams ??= built.streams
      return built.routes
    },
    watch: async (roleOf) => streams?.watch(roleOf),
    endStreamsOf: (sessionId) => streams?.endStreamsOf(sessionId),
    roleChanged: (userId, role) => streams?.roleChanged(userId, role),
    close() {
      streams?.close()
      jobs.close()
      overrides.close()
    },
  }
}
