import type { RequestRecord } from './request-record.ts'

/** Records that wait to be looked at. */
const MOST_WAITING = 1_000
/** So many are not left to wait for the next look. */
const MANY = 200

/** Failed requests on their way to who groups them; and how many requests there were at all. It costs a request that went well a comparison or two. */
export class FailureFeed {
  readonly #onMany: () => void
  #waiting: RequestRecord[] = []
  #settled = 0
  #missed = 0

  constructor(onMany: () => void) {
    this.#onMany = onMany
  }

  /** Requests that are over. */
  get settled(): number {
    return this.#settled
  }

  /** Failures that nobody has looked at for want of room. */
  get missed(): number {
    return this.#missed
  }

  get waiting(): number {
    return this.#waiting.length
  }

  add(record: RequestRecord): void {
    this.#settled += 1
    // One that went well after more than one call had calls that did not.
    if (record.code === undefined && record.status < 400 && record.attempts.length < 2) return
    if (this.#waiting.length >= MOST_WAITING) {
      this.#missed += 1
      return
    }
    this.#waiting.push(record)
    if (this.#waiting.length === MANY) this.#onMany()
  }

  take(): readonly RequestRecord[] {
    const taken = this.#waiting
    this.#waiting = []
    return taken
  }
}
