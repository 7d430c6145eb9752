/** Requests that are told of together at most: about a tenth of a millisecond. */
const MOST = 64

export interface SettledBatchOptions<Settled> {
  /** Each is told of all of a batch before the next one is told of any: of the same code, run again at once, a request costs a third. */
  readonly tellers: readonly ((settled: Settled) => void)[]
  /** Calls back in a later phase of the event loop, when others may have been added. */
  readonly soon: (callback: () => void) => void
  /** A teller has thrown; the others are told all the same. */
  readonly onError: (error: unknown, settled: Settled) => void
}

/** Requests that are over, on their way to all that is told of them, in the order in which they ended. */
export class SettledBatch<Settled> {
  readonly #options: SettledBatchOptions<Settled>
  #waiting: Settled[] = []
  #isPlanned = false

  constructor(options: SettledBatchOptions<Settled>) {
    this.#options = options
  }

  add(settled: Settled): void {
    this.#waiting.push(settled)
    if (this.#waiting.length >= MOST) return this.flush()
    if (this.#isPlanned) return
    this.#isPlanned = true
    this.#options.soon(() => {
      this.#isPlanned = false
      this.flush()
    })
  }

  /** Tells of what waits now. */
  flush(): void {
    const batch = this.#waiting
    this.#waiting = []
    for (const teller of this.#options.tellers) this.#tell(teller, batch)
  }

  #tell(teller: (settled: Settled) => void, batch: readonly Settled[]): void {
    for (const settled of batch) {
      try {
        teller(settled)
      } catch (error) {
        this.#options.onError(error, settled)
      }
    }
  }
}
