/** Counts since the start, by what they are of; each a list of the same length whenever it is there. */
export type Sample = ReadonlyMap<string, Float64Array>

interface Kept {
  readonly at: number
  readonly sample: Sample
}

/**
 * What counters have added in a time, from samples of them. A series that has not changed since the sample before is
 * kept once. Before the first sample every counter was 0, unless samples were forgotten: then it counts from the oldest.
 */
export class SampleRing {
  #kept: Kept[] = []
  #hasForgotten = false

  get size(): number {
    return this.#kept.length
  }

  /** When the oldest was taken; undefined where there is none. */
  get oldest(): number | undefined {
    return this.#kept[0]?.at
  }

  /** Nobody has looked for a while in which counters went on: from the next sample on. */
  restart(): void {
    this.#kept = []
    this.#hasForgotten = true
  }

  /** `keepMs`: the longest time that is asked for. `now` does not go back. */
  add(sample: Sample, now: number, keepMs: number): void {
    const last = this.#kept.at(-1)?.sample
    const shared = new Map([...sample].map(([key, counts]) => [key, sameAs(last?.get(key), counts)]))
    this.#kept.push({ at: now, sample: shared })
    // The newest of those that are old enough is where the longest time begins.
    const from = this.#kept.findLastIndex(({ at }) => at <= now - keepMs)
    if (from <= 0) return
    this.#kept = this.#kept.slice(from)
    this.#hasForgotten = true
  }

  /** What was added to each series in the last `windowMs` before the newest sample; those to which nothing was are left out. */
  over(windowMs: number): ReadonlyMap<string, Float64Array> {
    const newest = this.#kept.at(-1)
    if (newest === undefined) return new Map()
    const base = this.#kept.findLast(({ at }) => at <= newest.at - windowMs) ?? (this.#hasForgotten ? this.#kept[0] : undefined)
    const added = new Map<string, Float64Array>()
    for (const [key, counts] of newest.sample) {
      const before = base?.sample.get(key)
      if (before === counts) continue
      const difference = counts.map((count, index) => Math.max(0, count - (before?.[index] ?? 0)))
      if (difference.some((count) => count > 0)) added.set(key, difference)
    }
    return added
  }
}

function sameAs(before: Float64Array | undefined, counts: Float64Array): Float64Array {
  return before !== undefined && before.length === counts.length && before.every((count, index) => count === counts[index])
    ? before
    : counts
}
