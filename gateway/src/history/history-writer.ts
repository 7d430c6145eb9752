import { StoreError } from '../store/store-error.ts'
import type { RecordSink } from '../telemetry/record-sink.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import type { HistoryEntry } from './history-row.ts'
import { PackedEntries, packEntry } from './packed-entries.ts'
import type { HistoryBatch, HistoryStore } from './port.ts'

/** A batch begins at the latest after this, and at once when so many wait. */
const EVERY_MS = 250
const BATCH = 1_000
/** A batch with much in it that was said is smaller. */
const BATCH_BYTES = 4 * 1024 ** 2
/** Of all that waits: beyond it, nothing that was said is kept. */
const MOST_BYTES = 32 * 1024 ** 2
/** Between two tries, each time longer, up to the last. */
const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 5_000
/** What the end of the process waits for. */
const CLOSE_MS = 5_000

export interface HistoryWriterOptions {
  readonly store: Pick<HistoryStore, 'write'>
  readonly settings: () => { readonly enabled: boolean; readonly buffer: number }
  readonly toEntry: (record: RequestRecord) => HistoryEntry
  /** Calls back once; returns the way not to. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
  readonly batchId: () => string
  /** Told when it begins to fail, and with undefined when it works again. */
  readonly onState?: (error: unknown) => void
  /** Of rows that no store would take. */
  readonly onLost?: (error: unknown, count: number) => void
  /** Of what was said by a request, for which there was no room. */
  readonly onContentLost?: () => void
}

/**
 * Hands requests that are over to the store, beside those that are not: in batches, one after the other, each tried until it is
 * written. What the buffer has no room for meanwhile is counted and forgotten.
 */
export class HistoryWriter implements RecordSink {
  readonly #options: HistoryWriterOptions
  /** Whole batches, the oldest first. */
  #full: PackedEntries[] = []
  #filling = new PackedEntries()
  /** Room that was used and is free again. */
  #spare: PackedEntries | undefined
  #dropped = 0
  #written = 0
  #cancel: (() => void) | undefined
  #writing: Promise<void> | undefined
  #failing = false
  #closed = false
  /** Ends the waiting before the next try. */
  #hurry: (() => void) | undefined

  constructor(options: HistoryWriterOptions) {
    this.#options = options
  }

  get dropped(): number {
    return this.#dropped
  }

  get written(): number {
    return this.#written
  }

  /** Requests that are not written yet, but for the batch that is under way. */
  get waiting(): number {
    return this.#full.reduce((sum, { count }) => sum + count, this.#filling.count)
  }

  add(record: RequestRecord): void {
    const { enabled, buffer } = this.#options.settings()
    if (!enabled) return
    if (this.#closed || this.waiting >= buffer) {
      this.#dropped += 1
      return
    }
    const packed = this.#pack(record)
    if (packed === undefined) return
    this.#filling.add(packed)
    if (this.#filling.count >= BATCH || this.#filling.byteLength >= BATCH_BYTES) this.#full.push(this.#turnOver())
    if (this.#writing !== undefined) return
    if (this.#full.length > 0) this.#begin()
    else this.#cancel ??= this.#options.after(EVERY_MS, () => this.#begin())
  }

  /** Resolves when everything that was added is written, or could not be. */
  async flush(): Promise<void> {
    while (this.waiting > 0 || this.#writing !== undefined) {
      this.#begin()
      await this.#writing
    }
  }

  /** Writes what waits, for some seconds at most; nothing is taken afterwards. */
  async close(): Promise<void> {
    this.#closed = true
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const cancel = this.#options.after(CLOSE_MS, resolve)
    this.#hurry?.()
    await Promise.race([this.flush(), late])
    cancel()
    this.#cancel?.()
    this.#dropped += this.waiting
    this.#full = []
    this.#filling = new PackedEntries()
  }

  /** At once, and not when its batch is written: a text of some hundred characters is all that has to be held meanwhile. */
  #pack(record: RequestRecord): string | undefined {
    try {
      const entry = this.#options.toEntry(record)
      const packed = packEntry(entry)
      if (entry.content === undefined || this.#bytes + packed.length <= MOST_BYTES) return packed
      this.#options.onContentLost?.()
      return packEntry({ ...entry, content: undefined })
    } catch (error) {
      this.#dropped += 1
      this.#options.onLost?.(error, 1)
      return undefined
    }
  }

  get #bytes(): number {
    return this.#full.reduce((sum, { byteLength }) => sum + byteLength, this.#filling.byteLength)
  }

  #begin(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined
      if (this.waiting > 0 && !this.#closed) this.#cancel ??= this.#options.after(EVERY_MS, () => this.#begin())
    })
  }

  /** Until what waits is less than a batch. */
  async #writeAll(): Promise<void> {
    do {
      const entries = this.#full.shift() ?? this.#turnOver()
      if (entries.count > 0) await this.#write({ id: this.#options.batchId(), packed: entries.bytes() }, entries.count)
      entries.clear()
      this.#spare = entries
    } while (this.#full.length > 0)
  }

  /** What was being filled; what comes next goes elsewhere. */
  #turnOver(): PackedEntries {
    const filled = this.#filling
    this.#filling = this.#spare ?? new PackedEntries()
    this.#spare = undefined
    return filled
  }

  async #write(batch: HistoryBatch, count: number): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(LAST_RETRY_MS, 2 * waitMs)) {
      try {
        await this.#options.store.write(batch)
        this.#written += count
        if (this.#failing) this.#options.onState?.(undefined)
        this.#failing = false
        return
      } catch (error) {
        const mayPass = error instanceof StoreError && (error.kind === 'unavailable' || error.kind === 'full')
        if (!mayPass) {
          this.#dropped += count
          this.#options.onLost?.(error, count)
          return
        }
        if (!this.#failing) this.#options.onState?.(error)
        this.#failing = true
        await this.#pause(this.#closed ? FIRST_RETRY_MS : waitMs)
      }
    }
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.after(milliseconds, resolve)
      this.#hurry = () => {
        cancel()
        resolve()
      }
    })
  }
}
