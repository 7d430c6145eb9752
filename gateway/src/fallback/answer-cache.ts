import type { Usage } from '../endpoints/usage.ts'

/** A whole answer as the client got it; a stream's body is its events, `[DONE]` included. */
export interface CachedAnswer {
  readonly status: 200
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly stream: boolean
  /** On the clock of `now`, in milliseconds. */
  readonly storedAt: number
  readonly usage: Usage | undefined
}

export interface CacheBounds {
  readonly maxEntries: number
  /** Of keys, headers, bodies and the cache's own overhead together. */
  readonly maxBytes: number
  /** An answer that is this old is no longer given. */
  readonly maxAgeMs: number
}

/** What an entry costs beside its texts and its body: slots of the map, objects, the header of a buffer with memory of its own. */
export const ENTRY_OVERHEAD_BYTES = 512
/** The engine keeps a character in one byte or two; two is what is counted. */
const CHARACTER_BYTES = 2
/** One answer may not push out more than an eighth of all. */
const LARGEST_SHARE = 1 / 8
/** Expired entries that one `put` takes out at most: its work is bounded, and as it adds only one they still grow fewer. */
const SWEEP_STEPS = 8

interface Entry {
  readonly answer: CachedAnswer
  readonly cost: number
}

/**
 * Answers by key, the least recently used going first. The cache owns what it holds: bodies are copied on the way in
 * and out. A slice would keep the whole buffer alive that it was cut from, and could be written to by its receiver.
 */
export class AnswerCache {
  #bounds: CacheBounds
  #bytes = 0
  /** Oldest use first. */
  readonly #entries = new Map<string, Entry>()
  /**
   * The same entries, oldest answer first. One iterator kept over the other map would do, but every use moves an entry
   * there, and the engine keeps each outgrown table alive for an iterator that stands still.
   */
  readonly #ages = new Map<string, Entry>()

  constructor(bounds: CacheBounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#entries.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The answer, if it is younger than `maxAgeMs` and than the cache's own bound. */
  get(key: string, { now, maxAgeMs }: { readonly now: number; readonly maxAgeMs: number }): CachedAnswer | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (this.#expired(entry.answer, now)) {
      this.#drop(key, entry)
      return undefined
    }
    // Too old for this caller only: no use of it, so it keeps its place in the order.
    if (now - entry.answer.storedAt >= maxAgeMs) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return Object.freeze({ ...entry.answer, body: Buffer.from(entry.answer.body) })
  }

  /** Whether `get` would give an answer; no use of it, and nothing is forgotten. */
  has(key: string, { now, maxAgeMs }: { readonly now: number; readonly maxAgeMs: number }): boolean {
    const entry = this.#entries.get(key)
    return entry !== undefined && !this.#expired(entry.answer, now) && now - entry.answer.storedAt < maxAgeMs
  }

  /** Keeps the answer in place of an earlier one; that one goes even where the new one is too large or too old to be kept. */
  put(key: string, answer: CachedAnswer, now: number): void {
    const earlier = this.#entries.get(key)
    if (earlier !== undefined) this.#drop(key, earlier)
    this.#sweep(now)
    const cost = costOf(key, answer)
    if (this.#tooLarge(cost) || this.#expired(answer, now)) return
    // An answer from the future would outlive the age bound.
    const entry = { answer: owned(answer, Math.min(answer.storedAt, now)), cost }
    this.#entries.set(key, entry)
    this.#ages.set(key, entry)
    this.#bytes += cost
    this.#evict()
  }

  /** Holds from now on, also for what is held already; ages are looked at when an answer is met. */
  setBounds(bounds: CacheBounds): void {
    this.#bounds = bounds
    for (const [key, entry] of this.#entries) if (this.#tooLarge(entry.cost)) this.#drop(key, entry)
    this.#evict()
  }

  #tooLarge(cost: number): boolean {
    return cost > this.#bounds.maxBytes * LARGEST_SHARE
  }

  #expired({ storedAt }: CachedAnswer, now: number): boolean {
    return now - storedAt >= this.#bounds.maxAgeMs
  }

  #drop(key: string, { cost }: Entry): void {
    this.#entries.delete(key)
    this.#ages.delete(key)
    this.#bytes -= cost
  }

  #evict(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= this.#bounds.maxEntries && this.#bytes <= this.#bounds.maxBytes) return
      this.#drop(key, entry)
    }
  }

  #sweep(now: number): void {
    let steps = 0
    for (const [key, entry] of this.#ages) {
      if (steps === SWEEP_STEPS || !this.#expired(entry.answer, now)) return
      this.#drop(key, entry)
      steps += 1
    }
  }
}

function owned(answer: CachedAnswer, storedAt: number): CachedAnswer {
  // Small buffers are cut from a shared slab; this one has memory of its own, and every byte of it is written.
  const body = Buffer.allocUnsafeSlow(answer.body.length)
  answer.body.copy(body)
  const headers = Object.freeze({ ...answer.headers })
  const usage = answer.usage && Object.freeze({ ...answer.usage })
  return { status: answer.status, headers, body, stream: answer.stream, storedAt, usage }
}

function costOf(key: string, { headers, body }: CachedAnswer): number {
  const characters = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, key.length)
  return characters * CHARACTER_BYTES + body.length + ENTRY_OVERHEAD_BYTES
}
