import { Bag, type Bagged } from '../lib/bag.ts'

/** Something that ends when its time has come. */
export interface Watched extends Bagged {
  /** Monotonic milliseconds; Infinity while nothing is due. May change at any time. */
  readonly dueAt: number
  /** Called once the time has come, at every look until `dueAt` moves or it is no longer watched. */
  reached(): void
}

/** How often the clock looks: no limit is later than this by our doing. */
const LOOK_EVERY_MS = 20
/** A look that comes this late says that the process itself stood still, not that backends were silent. */
const STALL_MS = 500

/**
 * The deadlines of all requests by one timer. A request changes its deadline several times, a stream with every
 * piece: as an assignment this costs nothing, where a timer each costs a twentieth of a small request's CPU time.
 */
export class DeadlineClock {
  readonly #watched = new Bag<Watched>()
  readonly #now: () => number
  #timer: NodeJS.Timeout | undefined
  #lookedAt = 0

  constructor(now: () => number) {
    this.#now = now
  }

  add(watched: Watched): void {
    this.#watched.add(watched)
    if (this.#timer !== undefined) return
    this.#lookedAt = this.#now()
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS)
  }

  remove(watched: Watched): void {
    this.#watched.remove(watched)
  }

  /** How many are watched; 0 when nothing is open. */
  get size(): number {
    return this.#watched.size
  }

  #look(): void {
    const now = this.#now()
    const stalled = now - this.#lookedAt > STALL_MS
    this.#lookedAt = now
    if (this.#watched.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    // What came meanwhile waits in the sockets' buffers: it is read before the next look.
    if (stalled) return
    for (const watched of this.#watched.all()) if (watched.place !== undefined && watched.dueAt <= now) watched.reached()
  }
}
