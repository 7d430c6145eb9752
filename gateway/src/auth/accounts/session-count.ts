/** So long a count is good: to count means to list. */
const GOOD_FOR_MS = 5_000

export interface SessionCountOptions {
  /** Those that are alive. */
  readonly list: () => Promise<readonly unknown[]>
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** How many sessions there are, for who asks often and need not know exactly. */
export class SessionCount {
  readonly #options: SessionCountOptions
  #known: { readonly count: number; readonly at: number } | undefined
  #reading: Promise<void> | undefined

  constructor(options: SessionCountOptions) {
    this.#options = options
  }

  /** As it was a moment ago; undefined where it was never read. What is old is read anew for who asks next. */
  get value(): number | undefined {
    if (this.#isOld()) void this.read().catch(() => {})
    return this.#known?.count
  }

  /** Reads it where it is old. Rejects as the store does. */
  async read(): Promise<void> {
    if (!this.#isOld()) return
    this.#reading ??= this.#readNow().finally(() => (this.#reading = undefined))
    await this.#reading
  }

  #isOld(): boolean {
    return this.#known === undefined || this.#options.now() - this.#known.at >= GOOD_FOR_MS
  }

  async #readNow(): Promise<void> {
    const { list, now } = this.#options
    this.#known = { count: (await list()).length, at: now() }
  }
}
