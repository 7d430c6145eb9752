/** Bytes that are drawn at a time: one system call for many ids. */
const POOL_BYTES = 4_096
const TRACE_BYTES = 16
const SPAN_BYTES = 8

/** Random ids in hex, never all zeros. */
export class TraceIds {
  readonly #pool = Buffer.alloc(POOL_BYTES)
  readonly #fill: (bytes: Buffer) => void
  #used = POOL_BYTES

  /** `fill` overwrites bytes with random ones. */
  constructor(fill: (bytes: Buffer) => void) {
    this.#fill = fill
  }

  trace(): string {
    return this.#next(TRACE_BYTES)
  }

  span(): string {
    return this.#next(SPAN_BYTES)
  }

  #next(size: number): string {
    for (;;) {
      if (this.#used + size > POOL_BYTES) {
        this.#fill(this.#pool)
        this.#used = 0
      }
      const start = this.#used
      this.#used += size
      // The specification gives them a meaning of their own.
      if (this.#pool.subarray(start, this.#used).some((byte) => byte !== 0)) return this.#pool.toString('hex', start, this.#used)
    }
  }
}
