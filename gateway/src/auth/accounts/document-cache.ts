import { RecentMap } from '../../lib/recent-map.ts'
import type { Store, Stored } from '../../store/port.ts'

/** Documents of one collection that were read before, as long as nobody has changed them. What is not there is remembered, too. */
export class DocumentCache<Content> {
  readonly #store: Store
  readonly #collection: string
  readonly #maximum: number
  #known: RecentMap<Stored<Content> | null>
  /** Counts changes: what was read while one happened may be of before. */
  #changes = 0

  constructor(store: Store, collection: string, maximum: number) {
    this.#store = store
    this.#collection = collection
    this.#maximum = maximum
    this.#known = new RecentMap(maximum)
  }

  /** How often a document has changed, as far as this process knows. */
  get changes(): number {
    return this.#changes
  }

  /** As of the last change that this process knows of. */
  async get(id: string): Promise<Stored<Content> | undefined> {
    const known = this.#known.get(id)
    return known === undefined ? this.fresh(id) : (known ?? undefined)
  }

  /** From the store. */
  async fresh(id: string): Promise<Stored<Content> | undefined> {
    const changes = this.#changes
    // What we wrote is what we read.
    const stored = (await this.#store.get(this.#collection, id)) as Stored<Content> | undefined
    if (changes === this.#changes) this.#known.set(id, stored ?? null)
    return stored
  }

  forget(id: string): void {
    this.#changes += 1
    this.#known.delete(id)
  }

  forgetAll(): void {
    this.#changes += 1
    this.#known = new RecentMap(this.#maximum)
  }
}
