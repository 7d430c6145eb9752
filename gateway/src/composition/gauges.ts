import type { BudgetPort } from '../budget/budget-port.ts'
import type { GaugeSources } from '../telemetry/metrics.ts'
import type { Parts } from './parts.ts'

/** What the gauges show, read when somebody looks. */
export function gaugeSources(
  parts: Pick<Parts, 'tracing' | 'live' | 'memory' | 'health' | 'protection' | 'reloads'> & {
    pressure: () => number
    budgets: BudgetPort | undefined
  },
): GaugeSources {
  const { tracing, budgets, live, memory, health, protection, reloads, pressure } = parts
  return {
    instances: () => protection.instances(),
    backends: () => [...live.snapshot.backends.keys()].map((id) => ({ id, status: health.statusOf(id), inFlight: memory.inFlightOf(id) })),
    queues: () => memory.waiting.lengths(),
    pressure,
    budgets: () => budgets?.uses() ?? [],
    spans: () => tracing.counts,
    configGeneration: () => live.snapshot.generation,
    configValid: () => reloads.state.problems.length === 0,
  }
}
