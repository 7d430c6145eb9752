import type { BudgetPort } from '../budget/budget-port.ts'
import type { OverloadMonitor } from '../http/overload/overload-monitor.ts'
import type { GaugeSources } from '../telemetry/metrics.ts'
import type { RecordSink } from '../telemetry/record-sink.ts'
import type { Parts } from './parts.ts'

/** What the gauges show, read when somebody looks. */
export function gaugeSources(
  parts: Pick<Parts, 'live' | 'memory' | 'health' | 'protection' | 'reloads'> & {
    overload: () => OverloadMonitor
    budgets: BudgetPort | undefined
    observers: { readonly history?: RecordSink } | undefined
  },
): GaugeSources {
  const { budgets, observers, live, memory, health, protection, reloads, overload } = parts
  return {
    instances: () => protection.instances(),
    backends: () => [...live.snapshot.backends.keys()].map((id) => ({ id, status: health.statusOf(id), inFlight: memory.inFlightOf(id) })),
    queues: () => memory.waiting.lengths(),
    pressure: () => overload().pressure(),
    budgets: () => budgets?.uses() ?? [],
    historyDropped: () => observers?.history?.dropped,
    configGeneration: () => live.snapshot.generation,
    configValid: () => reloads.state.problems.length === 0,
  }
}
