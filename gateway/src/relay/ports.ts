import type { Door } from '../auth/door.ts'
import type { BudgetPort } from '../budget/budget-port.ts'
import type { Snapshot } from '../config/snapshot.ts'
import type { StateTable } from '../lib/state-table.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import type { DialUpstream, FetchPicture, OpenUpstream } from '../upstream/port.ts'
import type { AnswerMemory } from './answer-memory.ts'
import type { DeadlineClock } from './deadline-clock.ts'
import type { ProtectionEvents } from './judge.ts'
import type { LimitStates } from './limit-states.ts'
import type { RouteStates } from './route-states.ts'
import type { OpenShadows } from './shadow.ts'
import type { SharedCalls } from './shared-call.ts'
import type { WaitingRooms } from './waiting-room.ts'

/** What the relay needs of the world. */
export interface RelayPorts {
  /** The snapshot in force; a request asks once and keeps it. */
  readonly snapshot: () => Snapshot
  readonly open: OpenUpstream
  readonly dial: DialUpstream
  readonly fetchPicture: FetchPicture
  readonly states: RouteStates
  /** All that is remembered at run time. */
  readonly table: StateTable
  readonly limits: LimitStates
  /** Undefined: there are none, and never will be. */
  readonly budgets: BudgetPort | undefined
  /** Whom it lets in. */
  readonly door: Door
  readonly answers: AnswerMemory
  readonly calls: SharedCalls
  readonly waiting: WaitingRooms
  readonly shadows: OpenShadows
  readonly protection: ProtectionEvents
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Epoch milliseconds; only for dates in headers. */
  readonly wallClock: () => number
  readonly random: () => number
  /** Ends what has run out of time. */
  readonly clock: DeadlineClock
  /** What an attempt said of a backend's health. */
  readonly reportHealth: (backendId: string, signal: 'ok' | 'failed' | 'refused') => void
  /** False while the gateway is under strain: extra calls would add to it. */
  readonly mayHedge: () => boolean
  readonly settle: (record: RequestRecord) => void
  /** Of a copy whose answer nobody got. */
  readonly shadowSettled: (record: RequestRecord) => void
}
