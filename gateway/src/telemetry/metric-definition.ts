export interface MetricDefinition {
  readonly kind: 'counter' | 'histogram' | 'gauge'
  /** Units are in it; a counter's ends with `_total`. */
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  /** Upper bounds, ascending. */
  readonly buckets?: readonly number[]
}

/** From what a cache answers to an hour of thinking. */
export const DURATION_BUCKETS = [
  0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800,
] as const
/** Of the gateway's own work; its queue may take longer. */
export const STAGE_BUCKETS = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10, 60] as const
