import type { LimitRule } from '../config/snapshot.ts'
import { createLimiter } from '../limit/registry.ts'
import type { Limiter } from '../limit/limiter.ts'

/** Keys and addresses that are remembered, over all limits; who comes after that takes the place of who was seen last of all. */
const MOST_STATES = 100_000
/** Between a rule's id and whom it counts; neither can hold it. */
const SEPARATOR = '\u0000'

/** The memory of all limits: for each rule a limiter, and a vector for everyone whom it counts apart. */
export class LimitStates {
  readonly #limiters = new Map<string, Limiter>()
  /** In the order of their last use. */
  readonly #vectors = new Map<string, Float64Array>()

  limiterOf({ id, settings }: LimitRule): Limiter {
    let limiter = this.#limiters.get(id)
    if (limiter === undefined) {
      limiter = createLimiter(settings)
      this.#limiters.set(id, limiter)
    }
    return limiter
  }

  vectorOf(rule: LimitRule, subject: string): Float64Array {
    const name = `${rule.id}${SEPARATOR}${subject}`
    const known = this.#vectors.get(name)
    const vector = known ?? new Float64Array(this.limiterOf(rule).size)
    if (known !== undefined) this.#vectors.delete(name)
    this.#vectors.set(name, vector)
    if (known === undefined && this.#vectors.size > MOST_STATES) {
      const oldest = this.#vectors.keys().next()
      if (oldest.done !== true) this.#vectors.delete(oldest.value)
    }
    return vector
  }

  get size(): number {
    return this.#vectors.size
  }

  /** Forgets what belongs to other rules: a limit that was removed is gone, and comes back as a new one. */
  retain(ids: ReadonlySet<string>): void {
    for (const id of this.#limiters.keys()) if (!ids.has(id)) this.#limiters.delete(id)
    for (const name of this.#vectors.keys()) if (!ids.has(name.slice(0, name.indexOf(SEPARATOR)))) this.#vectors.delete(name)
  }
}
