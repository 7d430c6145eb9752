import { newRecord } from '../../src/http/relay-handler.ts'
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts'
import { StoreMeter } from '../../src/telemetry/store-meter.ts'

/** Metrics of no gateway. */
export function emptyMetrics(wallClock: () => number): Metrics {
  return createMetrics({
    sources: {
      backends: () => [],
      instances: () => [],
      queues: () => [],
      pressure: () => 0,
      budgets: () => [],
      historyDropped: () => undefined,
      spans: () => ({ sent: 0, dropped: [] }),
      limitDecisions: () => [],
      limitsLeft: () => [],
      clientSockets: () => 0,
      alerts: undefined,
      configGeneration: () => 1,
      configValid: () => true,
      configVersion: () => undefined,
    },
    store: new StoreMeter(),
    costOf: () => undefined,
    wallClock,
  })
}

/** A request of so many milliseconds that belongs to this trace. */
export function settleTraced(metrics: Metrics, { traceId, durationMs }: { readonly traceId: string; readonly durationMs: number }): void {
  const record = newRecord({ endpoint: 'chat', id: 'r-1', address: '192.0.2.1', startedAt: 0, generation: 1 })
  record.traceId = traceId
  record.status = 200
  record.durationMs = durationMs
  metrics.requestStarted()
  metrics.requestSettled(record)
}
