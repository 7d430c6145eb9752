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
  /** Of the newest sample, by window: most rules look at the same one. */
  readonly #over = new Map<number, ReadonlyMap<string, Float64Array>>()

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
    this.#over.clear()
  }

  /** `keepMs`: the longest time that is asked for. `now` does not go back. */
  add(sample: Sample, now: number, keepMs: number): void {
    const last = this.#kept.at(-1)?.sample
    const shared = new Map<string, Float64Array>()
    for (const [key, counts] of sample) {
      const before = last?.get(key)
      shared.set(key, before !== undefined && isSame(before, counts) ? before : counts)
    }
    this.#over.clear()
    this.#kept.push({ at: now, sample: shared })
    // The newest of those that are old enough is where the longest time begins.
    const from = this.#kept.findLastIndex(({ at }) => at <= now - keepMs)
    if (from <= 0) return
    this.#kept = this.#kept.slice(from)
    this.#hasForgotten = true
  }

  /** What was added to each series in the last `windowMs` before the newest sample; those to which nothing was are left out. */
  over(windowMs: number): ReadonlyMap<string, Float64Array> {
    const known = this.#over.get(windowMs)
    if (known !== undefined) return known
    const added = this.#count(windowMs)
    this.#over.set(windowMs, added)
    return added
  }

  #count(windowMs: number): ReadonlyMap<string, Float64Array> {
    const added = new Map<string, Float64Array>()
    const newest = this.#kept.at(-1)
    if (newest === undefined) return added
    const base = this.#kept.findLast(({ at }) => at <= newest.at - windowMs) ?? (this.#hasForgotten ? this.#kept[0] : undefined)
    for (const [key, counts] of newest.sample) {
      const before = base?.sample.get(key)
      // The same array where nothing has changed.
      if (before === counts) continue
      const difference = differenceOf(counts, before)
      if (difference !== undefined) added.set(key, difference)
    }
    return added
  }
}

/** Undefined where nothing was added. */
function differenceOf(counts: Float64Array, before: Float64Array | undefined): Float64Array | undefined {
  const difference = new Float64Array(counts.length)
  let sum = 0
  for (let index = 0; index < counts.length; index += 1) {
    const more = Math.max(0, (counts[index] ?? 0) - (before?.[index] ?? 0))
    difference[index] = more
    sum += more
  }
  return sum > 0 ? difference : undefined
}

function isSame(before: Float64Array, counts: Float64Array): boolean {
  if (before.length !== counts.length) return false
  for (let index = 0; index < counts.length; index += 1) if (before[index] !== counts[index]) return false
  return true
}
