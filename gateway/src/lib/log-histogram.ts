/** Times are counted in classes that are a fifth wider each, from 1 ms to 17 minutes: a percentile is off by a tenth at most. */
const GROWTH = Math.log(1.2)
export const LOG_HISTOGRAM_SIZE = 77

/** The class of a time, in milliseconds. */
export function timeClass(milliseconds: number): number {
  return Math.min(LOG_HISTOGRAM_SIZE - 1, milliseconds > 1 ? Math.ceil(Math.log(milliseconds) / GROWTH) : 0)
}

/** The longest time of a class, in milliseconds. */
export function classBound(index: number): number {
  return Math.exp(index * GROWTH)
}

/** The time that this share of all counted ones does not exceed, in milliseconds; undefined where there are none. */
export function quantileOf(counts: ArrayLike<number>, quantile: number): number | undefined {
  let total = 0
  for (let index = 0; index < counts.length; index += 1) total += counts[index] ?? 0
  if (total === 0) return undefined
  const rank = Math.ceil(total * quantile)
  let seen = 0
  for (let index = 0; index < counts.length; index += 1) {
    seen += counts[index] ?? 0
    // The middle of the class, as its ratio has it.
    if (seen >= rank) return Math.exp((index - 0.5) * GROWTH)
  }
  return undefined
}
