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
  /** The same of samples, which are kept apart: they are many, and must not push out what happened once. */
  readonly keptSamples?: number
  /** Epoch milliseconds. */
  readonly now: () => number
}

type Listener = (event: BusEvent) => void

const KEPT = 1_000
const KEPT_SAMPLES = 200

/** What happens, in order, and the last of it kept. Publishing costs next to nothing, and never fails for a listener's sake. */
export class EventBus {
  readonly #now: () => number
  readonly #events: Ring
  readonly #samples: Ring
  readonly #listeners = new Set<Listener>()
  readonly #sampleListeners = new Set<Listener>()
  #last = 0

  constructor({ kept = KEPT, keptSamples = KEPT_SAMPLES, now }: EventBusOptions) {
    this.#now = now
    this.#events = new Ring(kept)
    this.#samples = new Ring(keptSamples)
  }

  /** Sequence of the newest event; 0 before the first. */
  get last(): number {
    return this.#last
  }

  /** Whether anybody looks at samples: else none need be made. */
  get wantsSamples(): boolean {
    return this.#sampleListeners.size > 0
  }

  publish(topic: string, type: string, data: unknown): BusEvent {
    const event = this.#next(topic, type, data)
    this.#events.add(event)
    tell(this.#listeners, event)
    return event
  }

  /** One of many: to those who want samples, and none that anybody is to miss. */
  publishSample(topic: string, type: string, data: unknown): void {
    const event = this.#next(topic, type, data)
    this.#samples.add(event)
    tell(this.#sampleListeners, event)
  }

  /** Returns the way to stop. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Of samples alone. Returns the way to stop. */
  subscribeSamples(listener: Listener): () => void {
    this.#sampleListeners.add(listener)
    return () => this.#sampleListeners.delete(listener)
  }

  /** What came after that one, oldest first; undefined where some of it is forgotten, or it never was. Samples as far as they are kept. */
  since(sequence: number): readonly BusEvent[] | undefined {
    if (sequence > this.#last || sequence < this.#events.forgotten) return undefined
    return this.kept().filter((event) => event.sequence > sequence)
  }

  /** Everything that is not forgotten, oldest first. */
  kept(): readonly BusEvent[] {
    return [...this.#events.all(), ...this.#samples.all()].toSorted((a, b) => a.sequence - b.sequence)
  }

  #next(topic: string, type: string, data: unknown): BusEvent {
    this.#last += 1
    return { sequence: this.#last, topic, type, data, time: this.#now() }
  }
}

/** The last of what was added. */
class Ring {
  readonly #most: number
  readonly #events: BusEvent[] = []
  #count = 0
  /** Sequence of the newest one that is not here any more. */
  forgotten = 0

  constructor(most: number) {
    this.#most = most
  }

  add(event: BusEvent): void {
    const place = this.#count % this.#most
    this.forgotten = this.#events[place]?.sequence ?? 0
    this.#events[place] = event
    this.#count += 1
  }

  all(): readonly BusEvent[] {
    return this.#events
  }
}

function tell(listeners: Iterable<Listener>, event: BusEvent): void {
  for (const listener of listeners) {
    try {
      listener(event)
    } catch {
      // Whoever looks on must not end what it looks at.
    }
  }
}
