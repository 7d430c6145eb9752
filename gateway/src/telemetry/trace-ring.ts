import type { Trace } from '@jairouter/contract/management/explain'

/** About what a trace takes in memory, by its parts. */
const TRACE_BYTES = 1_200
const ATTEMPT_BYTES = 500
const CANDIDATE_BYTES = 120

export interface RingBounds {
  readonly maximumCount: number
  readonly maximumBytes: number
}

export interface KeptTrace {
  /** Counts up. */
  readonly sequence: number
  readonly trace: Trace
  readonly bytes: number
}

/** The last traces, bounded by their number and by about what they take; the oldest make room. */
export class TraceRing {
  #bounds: RingBounds
  /** Oldest first, from `#from` on; what is before it is gone. */
  #kept: (KeptTrace | undefined)[] = []
  #from = 0
  #bytes = 0
  readonly #byId = new Map<string, KeptTrace>()
  readonly #onGone: (id: string) => void

  constructor(bounds: RingBounds, onGone: (id: string) => void) {
    this.#bounds = bounds
    this.#onGone = onGone
  }

  get size(): number {
    return this.#kept.length - this.#from
  }

  get bytes(): number {
    return this.#bytes
  }

  add(trace: Trace, sequence: number): void {
    const kept = { sequence, trace, bytes: bytesOf(trace) }
    this.#kept.push(kept)
    this.#byId.set(trace.id, kept)
    this.#bytes += kept.bytes
    this.#makeRoom()
  }

  /** The last one of that id. */
  get(id: string): KeptTrace | undefined {
    return this.#byId.get(id)
  }

  /** Newest first. */
  *newest(): Iterable<KeptTrace> {
    for (let index = this.#kept.length - 1; index >= this.#from; index -= 1) {
      const kept = this.#kept[index]
      if (kept !== undefined) yield kept
    }
  }

  setBounds(bounds: RingBounds): void {
    this.#bounds = bounds
    this.#makeRoom()
  }

  #makeRoom(): void {
    const { maximumCount, maximumBytes } = this.#bounds
    while (this.size > 0 && (this.size > maximumCount || this.#bytes > maximumBytes)) {
      const oldest = this.#kept[this.#from]
      this.#kept[this.#from] = undefined
      this.#from += 1
      if (oldest === undefined) continue
      this.#bytes -= oldest.bytes
      if (this.#byId.get(oldest.trace.id) !== oldest) continue
      this.#byId.delete(oldest.trace.id)
      this.#onGone(oldest.trace.id)
    }
    // Once for as many as are kept: a shift at each would move all of them.
    if (this.#from > 64 && this.#from > this.#kept.length / 2) {
      this.#kept = this.#kept.slice(this.#from)
      this.#from = 0
    }
  }
}

function bytesOf({ id, attempts, plans }: Trace): number {
  const candidates = plans.reduce((sum, plan) => sum + plan.candidates.length, 0)
  return TRACE_BYTES + 2 * id.length + attempts.length * ATTEMPT_BYTES + candidates * CANDIDATE_BYTES
}
