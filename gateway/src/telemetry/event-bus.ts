/** Something that happened to the gateway, for whoever looks on. Holds no secret, no prompt, no answer. */
export interface BusEvent {
  /** From 1, without gaps, over all topics. */
  readonly sequence: number
  readonly topic: string
  readonly type: string
  readonly data: unknown
  /** Epoch milliseconds. */
  readonly time: number
}

export interface EventBusOptions {
  /** Events that are kept to be read again; the oldest are forgotten. */
  readonly kept?: number
  /** Epoch milliseconds. */
  readonly now: () => number
}

const KEPT = 1_000

/** What happens, in order, and the last of it kept. Publishing costs next to nothing, and never fails for a listener's sake. */
export class EventBus {
  readonly #kept: number
  readonly #now: () => number
  readonly #ring: BusEvent[] = []
  readonly #listeners = new Set<(event: BusEvent) => void>()
  #last = 0

  constructor({ kept = KEPT, now }: EventBusOptions) {
    this.#kept = kept
    this.#now = now
  }

  /** Sequence of the newest event; 0 before the first. */
  get last(): number {
    return this.#last
  }

  publish(topic: string, type: string, data: unknown): BusEvent {
    this.#last += 1
    const event: BusEvent = { sequence: this.#last, topic, type, data, time: this.#now() }
    this.#ring[(event.sequence - 1) % this.#kept] = event
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch {
        // Whoever looks on must not end what it looks at.
      }
    }
    return event
  }

  /** Returns the way to stop. */
  subscribe(listener: (event: BusEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What came after that one, oldest first; undefined where some of it is forgotten, or it never was. */
  since(sequence: number): readonly BusEvent[] | undefined {
    if (sequence > this.#last || sequence < 0 || this.#last - sequence > this.#kept) return undefined
    const events: BusEvent[] = []
    for (let next = sequence + 1; next <= this.#last; next += 1) {
      const event = this.#ring[(next - 1) % this.#kept]
      if (event !== undefined) events.push(event)
    }
    return events
  }
}
