import type { BudgetPort } from '../budget/budget-port.ts'
import { leastLeft } from '../relay/live-limits.ts'
import type { RecordSink } from '../telemetry/record-sink.ts'
import type { AlertCounts, GaugeSources } from '../telemetry/state-metrics.ts'
import type { Parts } from './parts.ts'

/** What the gauges show, read when somebody looks. */
export function gaugeSources(
  parts: Pick<Parts, 'tracing' | 'live' | 'memory' | 'health' | 'pools' | 'protection' | 'reloads' | 'now'> & {
    readonly pressure: () => number
    readonly connections: () => number
    readonly budgets: BudgetPort | undefined
    readonly configVersion: (() => number) | undefined
    readonly history: RecordSink | undefined
    readonly alerts: AlertCounts | undefined
  },
): GaugeSources {
  const { tracing, budgets, history, alerts, live, memory, health, pools, protection, reloads, now, pressure, connections, configVersion } =
    parts
  return {
    instances: () => protection.instances(),
    backends: () =>
      [...live.snapshot.backends].map(([id, backend]) => ({
        id,
        status: health.statusOf(id),
        inFlight: memory.inFlightOf(id),
        sockets: pools.socketsOf(backend),
      })),
    queues: () => memory.waiting.lengths(),
    pressure,
    limitDecisions: () => memory.limits.tallies(),
    limitsLeft: () => leastLeft({ limits: memory.limits, snapshot: () => live.snapshot, now }),
    clientSockets: connections,
    alerts,
    budgets: () => budgets?.uses() ?? [],
    historyDropped: () => history?.dropped,
    spans: () => tracing.counts,
    configGeneration: () => live.snapshot.generation,
    configVersion: () => configVersion?.(),
    configValid: () => reloads.state.problems.length === 0,
  }
}
