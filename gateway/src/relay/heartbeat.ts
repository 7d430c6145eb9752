import type { ClientPort } from './client-port.ts'
import type { Watched } from './deadline-clock.ts'

/**
 * Keeps a client's connection alive while it waits for its stream: proxies on the way cut what is silent for too long.
 * A comment says nothing of the answer: it does not end the waiting for its first event, and other instances can still
 * be asked. Only the status line is then settled: what fails later is told by an event.
 */
export class Heartbeat implements Watched {
  dueAt: number
  place: number | undefined = undefined
  readonly #client: ClientPort
  readonly #intervalMs: number
  readonly #now: () => number
  #written = 0
  /** While it waits in a queue: its place. */
  position: (() => number) | undefined

  constructor(options: { client: ClientPort; intervalMs: number; now: () => number }) {
    this.#client = options.client
    this.#intervalMs = options.intervalMs
    this.#now = options.now
    this.dueAt = options.now() + options.intervalMs
  }

  reached(): void {
    const { written } = this.#client
    if (written === this.#written) this.#client.beat(this.position === undefined ? 'waiting' : `queued, position ${this.position()}`)
    this.#written = this.#client.written
    this.dueAt = this.#now() + this.#intervalMs
  }
}
