/**
 * How fast those who wait are served: a decayed count of what was taken, over the decayed time in which anybody waited.
 * Time with an empty queue says nothing of the drain and is left out. The decay goes by time and not by what was taken:
 * places come in bunches (many answers end together), and a bunch must not wash out the pause before it.
 */

const HALF_LIFE_MS = 30_000

/** After fewer, the rate is not known: the first waits are remainders of answers already begun. */
const MINIMUM_TAKEN = 5

export class DrainRate {
  #taken = 0
  #decayedTaken = 0
  #decayedMs = 0
  /** From when on the time is yet to be counted; undefined while nobody waits. */
  #from: number | undefined

  /** Somebody waits; of no effect while somebody did already. */
  begin(now: number): void {
    this.#from ??= now
  }

  /** One was taken; `more`: others still wait. */
  take(now: number, more: boolean): void {
    const { taken, ms } = this.#at(now)
    this.#taken += 1
    this.#decayedTaken = taken + 1
    this.#decayedMs = ms
    this.#from = more ? now : undefined
  }

  /** The last one gave up. The time since the last take is not counted: it was not waited to its end. */
  pause(): void {
    this.#from = undefined
  }

  /** Milliseconds for each that is taken, 0 while unknown. Grows while somebody waits and nobody is taken. */
  intervalMs(now: number): number {
    if (this.#taken < MINIMUM_TAKEN) return 0
    const { taken, ms } = this.#at(now)
    return ms / taken
  }

  #at(now: number): { readonly taken: number; readonly ms: number } {
    const elapsedMs = Math.max(0, now - (this.#from ?? now))
    const left = 2 ** (-elapsedMs / HALF_LIFE_MS)
    // The integral of the decay over the elapsed time, so that the sum's limit is the same however finely it is cut.
    return { taken: this.#decayedTaken * left, ms: this.#decayedMs * left + ((1 - left) * HALF_LIFE_MS) / Math.LN2 }
  }
}
