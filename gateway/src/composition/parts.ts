import type { IncomingMessage } from 'node:http'
import type { Door } from '../auth/door.ts'
import type { BudgetPort } from '../budget/budget-port.ts'
import type { LiveConfig } from '../config/live-config.ts'
import type { Requests } from '../http/drain.ts'
import type { OverloadMonitor } from '../http/overload/overload-monitor.ts'
import type { ReloadJournal } from '../http/readiness.ts'
import type { Mount } from '../http/server.ts'
import type { Memory } from '../relay/memory.ts'
import type { Protection } from '../relay/protection.ts'
import type { ExperimentResults } from '../telemetry/experiment-results.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import type { SettledBatch } from '../telemetry/settled-batch.ts'
import type { BackendHealth } from '../upstream/backend-health.ts'
import type { ConnectPolicy } from '../upstream/policed-connect.ts'
import type { Pools } from '../upstream/pools.ts'
import type { Lookout } from './lookout.ts'
import type { Tracing } from './tracing.ts'

/** All that a gateway is joined from. */
export interface Parts extends Pick<Lookout, 'states' | 'traces' | 'responses'> {
  readonly tracing: Tracing
  readonly overload: OverloadMonitor
  readonly live: LiveConfig
  readonly memory: Memory
  readonly pools: Pools
  readonly policy: () => ConnectPolicy
  readonly health: BackendHealth
  readonly metrics: Metrics
  readonly experiments: ExperimentResults
  readonly protection: Protection
  readonly requests: Requests
  readonly reloads: ReloadJournal
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly log: Logger
  readonly settled: SettledBatch<RequestRecord>
  /** Told at once of each request that is over. */
  readonly onSettled: ((record: RequestRecord) => void) | undefined
  readonly budgets: BudgetPort | undefined
  readonly door: Door
  readonly addressOf: (request: IncomingMessage) => string
  /** Undefined: there is nothing beside the model APIs but health and metrics. */
  readonly mount: Mount | undefined
}
