export interface Spread {
  readonly median: number
  readonly minimum: number
  readonly maximum: number
  /** How many values it stands on. */
  readonly count: number
}

/** undefined without values. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const [minimum] = sorted
  const maximum = sorted.at(-1)
  if (minimum === undefined || maximum === undefined) return undefined
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? minimum
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] ?? maximum
  return { median: (low + high) / 2, minimum, maximum, count: sorted.length }
}

/** The nearest-rank percentile, `share` from 0 to 1; undefined without values. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}
