import { OUTCOMES, seriesName, type FailureFigure, type Figures } from '../alert/findings.ts'
import type { AlertRule } from '../alert/rule.ts'
import type { SampleRing, Sample } from '../alert/sample-ring.ts'
import { DURATION_BUCKETS, type MetricDefinition } from '../telemetry/metric-definition.ts'
import { HistogramCell } from '../telemetry/metric-family.ts'
import { METRICS } from '../telemetry/metric-table.ts'
import { errorClassOf } from '../telemetry/rate-ring.ts'

/** What the metrics show, by the rows of their table. */
export interface ShownMetrics {
  sets(definition: MetricDefinition): Iterable<readonly [values: readonly string[], shown: number | HistogramCell]>
}

/** As `jairouter_breaker_state` has it. */
const OPEN = 2

/** Counters as they are now, all that any rule looks at: one that is missing in a sample would look as if it had begun after it. */
export function readSample(metrics: ShownMetrics): Sample {
  const series = new Map<string, Float64Array>()
  const add = (name: string, counts: ArrayLike<number>) => {
    const known = series.get(name)
    if (known === undefined) series.set(name, Float64Array.from(counts))
    else for (let index = 0; index < known.length; index += 1) known[index] = (known[index] ?? 0) + (counts[index] ?? 0)
  }
  for (const [[service = '', , model = '', status = '', code = ''], count] of metrics.sets(METRICS.requests))
    add(seriesName('outcomes', service, model), outcomesOf({ status: Number(status), code }, Number(count)))
  const times = (definition: MetricDefinition, nameOf: (values: readonly string[]) => string) => {
    for (const [values, shown] of metrics.sets(definition)) if (shown instanceof HistogramCell) add(nameOf(values), shown.counts)
  }
  times(METRICS.duration, ([service = '', , model = '']) => seriesName('total', service, model))
  times(METRICS.firstToken, ([service = '', , model = '']) => seriesName('first-token', service, model))
  times(METRICS.longestTokenGap, ([service = '', model = '']) => seriesName('between-tokens', service, model))
  times(METRICS.queueWait, ([model = '']) => seriesName('queue', '', model))
  for (const [[scope = '', , , result], count] of metrics.sets(METRICS.limitDecisions))
    if (result === 'rejected') add(seriesName('rejections', scope), [Number(count)])
  for (const [[budget = ''], count] of metrics.sets(METRICS.budgetRefusals)) add(seriesName('rejections', '', budget), [Number(count)])
  return series
}

/** Of requests that ended so: how many could have been answered, and how many of those failed. */
export function outcomesOf({ status, code }: { readonly status: number; readonly code: string }, count: number): Float64Array {
  const outcomes = new Float64Array(OUTCOMES)
  const failure = errorClassOf({ status, code: code === '' ? undefined : code })
  if (failure === 'left' || failure === 'client') return outcomes
  outcomes[0] = count
  if (failure !== undefined && failure !== 'limited') outcomes[1] = count
  return outcomes
}

/** Whether it goes by samples. */
export function needsSamples({ kind }: Pick<AlertRule, 'kind'>): boolean {
  return kind === 'error-rate' || kind === 'latency' || kind === 'rejections'
}

/** How everything stands. */
export function readFigures(metrics: ShownMetrics, past: SampleRing, failures: readonly FailureFigure[]): Figures {
  const all = (definition: MetricDefinition) => [...metrics.sets(definition)].map(([values, shown]) => [values, Number(shown)] as const)
  return {
    past,
    bounds: DURATION_BUCKETS,
    openBreakers: all(METRICS.breakerState).flatMap(([[instance = ''], state]) =>
      state === OPEN ? [{ backend: instance.split('/')[0] ?? '', instance }] : [],
    ),
    downBackends: all(METRICS.backendUp).flatMap(([[backend = ''], up]) => (up === 0 ? [backend] : [])),
    budgets: all(METRICS.budgetUsed).map(([[id = ''], share]) => ({ id, share })),
    queues: all(METRICS.queueLength).map(([[service = '', model = ''], waiting]) => ({ service, model, waiting })),
    failures,
  }
}
