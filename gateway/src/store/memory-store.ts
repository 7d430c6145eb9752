import type { Entry, LogExtent, Store, StoreContents, Stored, Write } from './port.ts'
import { prepare } from './prepare.ts'
import { StoreError } from './store-error.ts'
import { parseEntry, StoreState, type KeptEntry } from './store-state.ts'

/** Everything in this process, and gone with it. */
export class MemoryStore implements Store {
  readonly kind = 'memory'
  readonly #state = new StoreState()
  /** Oldest first, from the log's `first` on. */
  readonly #entries = new Map<string, KeptEntry[]>()
  #closed = false

  async commit(writes: readonly Write[]): Promise<number> {
    this.#requireOpen()
    const prepared = prepare(writes)
    const number = this.#state.number + 1
    this.#state.check(prepared, number)
    for (const effect of this.#state.apply(prepared, number, (log, sequence) => this.#hashAt(log, sequence))) {
      if (effect.kind === 'append') {
        const { log } = effect.entry
        const entries = this.#entries.get(log)
        if (entries === undefined) this.#entries.set(log, [effect.entry])
        else entries.push(effect.entry)
      } else {
        const kept = (this.#entries.get(effect.log) ?? []).filter((entry) => entry.sequence > effect.through)
        this.#entries.set(effect.log, kept)
      }
    }
    return number
  }

  async get(collection: string, id: string): Promise<Stored | undefined> {
    this.#requireOpen()
    return this.#state.get(collection, id)
  }

  async list(collection: string, query?: Parameters<Store['list']>[1]): Promise<readonly Stored[]> {
    this.#requireOpen()
    return this.#state.list(collection, query)
  }

  async read(log: string, query: Parameters<Store['read']>[1]): Promise<readonly Entry[]> {
    this.#requireOpen()
    const entries = this.#entries.get(log) ?? []
    const { first } = this.#state.head(log)
    if ('after' in query) {
      const start = Math.max(0, query.after + 1 - first)
      return entries.slice(start, start + query.limit).map(parseEntry)
    }
    const end = Math.max(0, Math.min(entries.length, query.before - first))
    return entries
      .slice(Math.max(0, end - query.limit), end)
      .toReversed()
      .map(parseEntry)
  }

  async extent(log: string): Promise<LogExtent> {
    this.#requireOpen()
    const { first, last, base } = this.#state.head(log)
    return { first, last, base }
  }

  async counters(prefix: string): Promise<ReadonlyMap<string, number>> {
    this.#requireOpen()
    return this.#state.countersOf(prefix)
  }

  async contents(): Promise<StoreContents> {
    this.#requireOpen()
    return this.#state.contents()
  }

  async check(): Promise<readonly string[]> {
    this.#requireOpen()
    return []
  }

  /** No other process sees it. */
  onChange(): () => void {
    return () => undefined
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #requireOpen(): void {
    if (this.#closed) throw new StoreError('unavailable', 'The store is closed')
  }

  #hashAt(log: string, sequence: number): string {
    const entry = this.#entries.get(log)?.[sequence - this.#state.head(log).first]
    if (entry === undefined) throw new StoreError('damaged', `The log ${log} has no entry ${sequence}`)
    return entry.hash
  }
}
