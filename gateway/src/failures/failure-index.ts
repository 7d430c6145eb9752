import { classOfFailure, fingerprintOf, type FailureClass, type FailureShape } from './fingerprint.ts'

/** Fingerprints that are known; the one that was not seen for longest goes first. */
const MOST_FAILURES = 500
const MOST_EXAMPLES = 5
const MINUTE_MS = 60_000
/** An hour. */
const MINUTES = 60

export interface Failure extends FailureShape {
  readonly id: string
  readonly class: FailureClass
  readonly count: number
  /** Epoch milliseconds. */
  readonly firstSeen: number
  readonly lastSeen: number
  /** Ids of requests, the newest first. */
  readonly examples: readonly string[]
}

interface Kept {
  readonly shape: FailureShape
  readonly class: FailureClass
  count: number
  firstSeen: number
  lastSeen: number
  examples: string[]
  readonly perMinute: Uint32Array
  /** The newest minute that `perMinute` holds. */
  minute: number
}

/** Failures by their fingerprints, the last ones in memory: 500 of them take less than half a megabyte. */
export class FailureIndex {
  /** Longest unseen first. */
  readonly #kept = new Map<string, Kept>()
  readonly #most: number

  constructor(most = MOST_FAILURES) {
    this.#most = most
  }

  get size(): number {
    return this.#kept.size
  }

  /** `time`: epoch milliseconds; may be before what was added before. */
  add(shape: FailureShape, { id: request, time }: { readonly id: string; readonly time: number }): void {
    const id = fingerprintOf(shape)
    const kept = this.#kept.get(id) ?? fresh(shape, time)
    this.#kept.delete(id)
    this.#kept.set(id, kept)
    kept.count += 1
    kept.firstSeen = Math.min(kept.firstSeen, time)
    if (time >= kept.lastSeen) kept.examples = [request, ...kept.examples.filter((one) => one !== request)].slice(0, MOST_EXAMPLES)
    else if (kept.examples.length < MOST_EXAMPLES && !kept.examples.includes(request)) kept.examples.push(request)
    kept.lastSeen = Math.max(kept.lastSeen, time)
    countMinute(kept, Math.floor(time / MINUTE_MS))
    if (this.#kept.size <= this.#most) return
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest)
      return
    }
  }

  all(): readonly Failure[] {
    return [...this.#kept].map(([id, kept]) => shown(id, kept))
  }

  get(id: string): Failure | undefined {
    const kept = this.#kept.get(id)
    return kept === undefined ? undefined : shown(id, kept)
  }

  /** Of the last hour by minutes, oldest first; the last one has not ended. */
  minutes(id: string, now: number): readonly number[] {
    const kept = this.#kept.get(id)
    const newest = Math.floor(now / MINUTE_MS)
    return Array.from({ length: MINUTES }, (_, index) => {
      const minute = newest - MINUTES + 1 + index
      return kept === undefined || minute > kept.minute || minute <= kept.minute - MINUTES ? 0 : (kept.perMinute[minute % MINUTES] ?? 0)
    })
  }

  /** Times a minute, over whole minutes and the one that has begun. */
  rate(id: string, windowMs: number, now: number): number {
    const count = Math.max(1, Math.min(MINUTES, Math.round(windowMs / MINUTE_MS)))
    return (
      this.minutes(id, now)
        .slice(-count)
        .reduce((sum, each) => sum + each, 0) / count
    )
  }
}

function fresh(shape: FailureShape, time: number): Kept {
  const minute = Math.floor(time / MINUTE_MS)
  const perMinute = new Uint32Array(MINUTES)
  return { shape, class: classOfFailure(shape), count: 0, firstSeen: time, lastSeen: time, examples: [], perMinute, minute }
}

/** A clock that was set back counts in the minutes that there were. */
function countMinute(kept: Kept, minute: number): void {
  if (minute <= kept.minute - MINUTES) return
  for (let next = Math.max(kept.minute + 1, minute - MINUTES + 1); next <= minute; next += 1) kept.perMinute[next % MINUTES] = 0
  kept.minute = Math.max(kept.minute, minute)
  kept.perMinute[minute % MINUTES] = (kept.perMinute[minute % MINUTES] ?? 0) + 1
}

function shown(id: string, { shape, class: cause, count, firstSeen, lastSeen, examples }: Kept): Failure {
  return { ...shape, id, class: cause, count, firstSeen, lastSeen, examples }
}
