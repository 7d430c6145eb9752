import type { Entry, LogExtent, Store, StoreContents, Stored, Write } from '../port.ts'
import { prepare } from '../prepare.ts'
import { StoreError } from '../store-error.ts'
import { parseDocument, parseEntry } from '../store-state.ts'
import type { SqlRows } from './sql-rows.ts'

export interface RowsStoreOptions {
  readonly kind: 'sqlite' | 'postgres'
  readonly rows: SqlRows
  readonly check: () => Promise<readonly string[]>
  readonly onChange: (listener: () => void) => () => void
  readonly close: () => Promise<void>
}

/** The port over what a database answers. */
export class RowsStore implements Store {
  readonly kind: 'sqlite' | 'postgres'
  readonly #options: RowsStoreOptions
  #closing: Promise<void> | undefined

  constructor(options: RowsStoreOptions) {
    this.kind = options.kind
    this.#options = options
  }

  async commit(writes: readonly Write[]): Promise<number> {
    return this.#rows.commit(prepare(writes))
  }

  async get(collection: string, id: string): Promise<Stored | undefined> {
    const kept = await this.#rows.get(collection, id)
    return kept === undefined ? undefined : parseDocument(id, kept)
  }

  async list(collection: string, query?: Parameters<Store['list']>[1]): Promise<readonly Stored[]> {
    return (await this.#rows.list(collection, query)).map((kept) => parseDocument(kept.id, kept))
  }

  async read(log: string, query: Parameters<Store['read']>[1]): Promise<readonly Entry[]> {
    return (await this.#rows.read(log, query)).map(parseEntry)
  }

  async extent(log: string): Promise<LogExtent> {
    return this.#rows.extent(log)
  }

  async counters(prefix: string): Promise<ReadonlyMap<string, number>> {
    return this.#rows.counters(prefix)
  }

  async contents(): Promise<StoreContents> {
    return this.#rows.contents()
  }

  async check(): Promise<readonly string[]> {
    this.#requireOpen()
    return this.#options.check()
  }

  onChange(listener: () => void): () => void {
    return this.#options.onChange(listener)
  }

  close(): Promise<void> {
    this.#closing ??= this.#options.close()
    return this.#closing
  }

  get #rows(): SqlRows {
    this.#requireOpen()
    return this.#options.rows
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new StoreError('unavailable', 'The store is closed')
  }
}
