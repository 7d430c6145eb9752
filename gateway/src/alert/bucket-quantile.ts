/**
 * The value that this share does not exceed, by counts in buckets (each alone, the last without a bound): as Prometheus'
 * `histogram_quantile` has it, in a straight line within a bucket. Undefined where nothing was counted.
 */
export function bucketQuantile(counts: ArrayLike<number>, bounds: readonly number[], quantile: number): number | undefined {
  let total = 0
  for (let index = 0; index < counts.length; index += 1) total += counts[index] ?? 0
  if (total === 0) return undefined
  const rank = total * quantile
  let seen = 0
  for (let index = 0; index < bounds.length; index += 1) {
    const count = counts[index] ?? 0
    if (count > 0 && seen + count >= rank) {
      const low = index === 0 ? 0 : (bounds[index - 1] ?? 0)
      return low + (((bounds[index] ?? low) - low) * (rank - seen)) / count
    }
    seen += count
  }
  // Beyond the last bound nobody knows how far.
  return bounds.at(-1)
}

/** The bucket of a value. */
export function bucketOf(bounds: readonly number[], value: number): number {
  const found = bounds.findIndex((bound) => value <= bound)
  return found < 0 ? bounds.length : found
}
