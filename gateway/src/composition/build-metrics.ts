import type { GatewayOptions } from '../gateway.ts'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'
import { StoreMeter } from '../telemetry/store-meter.ts'
import { costOf } from './cost-of.ts'
import { gaugeSources } from './gauges.ts'

type GaugeParts = Omit<Parameters<typeof gaugeSources>[0], 'budgets' | 'configVersion'>

/** All that the gateway counts; what it does not have itself comes with the options. */
export function buildMetrics(
  parts: GaugeParts,
  { budgets, configVersion, storeMeter = new StoreMeter() }: Pick<GatewayOptions, 'budgets' | 'configVersion' | 'storeMeter'>,
): Metrics {
  return createMetrics({
    sources: gaugeSources({ ...parts, budgets, configVersion }),
    store: storeMeter,
    costOf: (record) => costOf(record, parts.live.snapshot.prices),
    wallClock: Date.now,
  })
}
