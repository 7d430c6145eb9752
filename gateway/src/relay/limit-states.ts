import type { LimitRule } from '../config/snapshot.ts'
import { createLimiter } from '../limit/registry.ts'
import type { Limiter } from '../limit/limiter.ts'
import { RecentMap } from '../lib/recent-map.ts'

/** Keys that are remembered, over all limits, and addresses as well. */
const MOST_STATES = 100_000
/** Between a rule's id and whom it counts; neither can hold it. */
const SEPARATOR = '\u0000'

/** What limits of one kind have said to requests. */
interface Tally {
  readonly by: LimitRule['by']
  readonly algorithm: string
  readonly count: LimitRule['count']
  allowed: number
  rejected: number
}

interface KnownLimit {
  readonly limiter: Limiter
  readonly tally: Tally
}

/** The memory of all limits: for each rule a limiter, and a vector for everyone whom it counts apart. */
export class LimitStates {
  readonly #limiters = new Map<string, KnownLimit>()
  /** Counts outlive the limits that they were made by. */
  readonly #tallies = new Map<string, Tally>()
  readonly #original: LimitStates | undefined
  /** Of models and services, of which there are only so many. */
  readonly #named = new Map<string, Float64Array>()
  /** Requests that are open give back to the vector that they took from: a new one would let in as many again. */
  readonly #keys = new RecentMap<Float64Array>(MOST_STATES, (name, vector) => this.#holds(name, vector))
  /** Apart from the keys: whoever comes from many addresses must not free a key from its limit. */
  readonly #addresses = new RecentMap<Float64Array>(MOST_STATES, (name, vector) => this.#holds(name, vector))

  /** With an `original` its vectors are copies, made when they are first asked for: the original stays as it is. */
  constructor(original?: LimitStates) {
    this.#original = original
  }

  limiterOf(rule: LimitRule): Limiter {
    return this.#known(rule).limiter
  }

  /** All that applied to a request let it in. */
  allowed(rules: readonly LimitRule[]): void {
    for (const rule of rules) this.#known(rule).tally.allowed += 1
  }

  rejected(rule: LimitRule): void {
    this.#known(rule).tally.rejected += 1
  }

  tallies(): Iterable<Readonly<Tally>> {
    return this.#tallies.values()
  }

  #known(rule: LimitRule): KnownLimit {
    let known = this.#limiters.get(rule.id)
    if (known === undefined) {
      known = { limiter: createLimiter(rule.settings), tally: this.#tallyOf(rule) }
      this.#limiters.set(rule.id, known)
    }
    return known
  }

  #tallyOf({ by, count, settings: { algorithm } }: LimitRule): Tally {
    const kind = `${by} ${algorithm} ${count}`
    let tally = this.#tallies.get(kind)
    if (tally === undefined) {
      tally = { by, algorithm, count, allowed: 0, rejected: 0 }
      this.#tallies.set(kind, tally)
    }
    return tally
  }

  vectorOf(rule: LimitRule, subject: string): Float64Array {
    const name = nameOf(rule, subject)
    const table = this.#tableOf(rule)
    let vector = table.get(name)
    if (vector === undefined) {
      vector = this.#original?.peek(rule, subject)?.slice() ?? new Float64Array(this.limiterOf(rule).size)
      table.set(name, vector)
    }
    return vector
  }

  /** Undefined where nothing is remembered; a look that changes nothing. */
  peek(rule: LimitRule, subject: string): Float64Array | undefined {
    const name = nameOf(rule, subject)
    const table = this.#tableOf(rule)
    return table instanceof RecentMap ? table.peek(name) : table.get(name)
  }

  /** Everyone whom a limit counts apart. Looking is no use of theirs: who was not seen for longest is still forgotten first. */
  *entries(): Iterable<{ readonly ruleId: string; readonly subject: string; readonly vector: Float64Array }> {
    for (const table of [this.#named, this.#keys, this.#addresses]) {
      for (const [name, vector] of table.entries()) {
        const ruleId = ruleOf(name)
        yield { ruleId, subject: name.slice(ruleId.length + 1), vector }
      }
    }
  }

  /** Of all whom the limit counts apart: the largest share of it that is used, from 0 to 1; null where nobody is remembered. */
  mostUsed(rule: LimitRule, now: number): number | null {
    const limiter = this.#limiters.get(rule.id)?.limiter
    const table = this.#tableOf(rule)
    let most: number | null = null
    for (const name of limiter === undefined ? [] : table.keys()) {
      const state = ruleOf(name) !== rule.id ? undefined : table instanceof RecentMap ? table.peek(name) : table.get(name)
      if (limiter === undefined || state === undefined) continue
      const { limit, remaining } = limiter.level(state, now)
      most = Math.max(most ?? 0, limit > 0 ? 1 - remaining / limit : 1)
    }
    return most
  }

  #tableOf({ by }: LimitRule): Map<string, Float64Array> | RecentMap<Float64Array> {
    return by === 'client-ip' ? this.#addresses : by === 'key' ? this.#keys : this.#named
  }

  get size(): number {
    return this.#named.size + this.#keys.size + this.#addresses.size
  }

  /** Forgets what belongs to other rules: a limit that was removed is gone, and comes back as a new one. */
  retain(ids: ReadonlySet<string>): void {
    for (const id of this.#limiters.keys()) if (!ids.has(id)) this.#limiters.delete(id)
    for (const table of [this.#named, this.#keys, this.#addresses])
      for (const name of table.keys()) if (!ids.has(ruleOf(name))) table.delete(name)
  }

  #holds(name: string, vector: Float64Array): boolean {
    return this.#limiters.get(ruleOf(name))?.limiter.holds?.(vector) === true
  }
}

function nameOf({ id }: LimitRule, subject: string): string {
  return `${id}${SEPARATOR}${subject}`
}

function ruleOf(name: string): string {
  return name.slice(0, name.indexOf(SEPARATOR))
}
