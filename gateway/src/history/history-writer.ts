import { StoreError } from '../store/store-error.ts'
import type { RecordSink } from '../telemetry/record-sink.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import type { HistoryEntry } from './history-row.ts'
import type { HistoryBatch, HistoryStore } from './port.ts'

/** A batch begins at the latest after this, and at once when so many wait. */
const EVERY_MS = 250
const BATCH = 1_000
/** Records that become rows in one turn of the event loop: half a millisecond's worth. */
const AT_A_TIME = 200
/** Of what was said, in all records that wait. */
const MOST_CHARACTERS = 32 * 1024 ** 2
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
  /** Resolves in another turn of the event loop. */
  readonly turn: () => Promise<void>
  readonly batchId: () => string
  /** Told when it begins to fail, and with undefined when it works again. */
  readonly onState?: (error: unknown) => void
  /** Of rows that no store would take. */
  readonly onLost?: (error: unknown, count: number) => void
  /** Of what was said by a request, for which there was no room. */
  readonly onContentLost?: () => void
}

/**
 * Hands records over to the store beside the requests: in batches, one after the other, each tried until it is written.
 * What the buffer has no room for meanwhile is counted and forgotten.
 */
export class HistoryWriter implements RecordSink {
  readonly #options: HistoryWriterOptions
  /** Two halves, so that taking a batch from the front never moves what is behind it. */
  #waiting: RequestRecord[] = []
  #taken = 0
  /** Taken, and made ready or about to be, while another batch is written. */
  #prepared = 0
  #dropped = 0
  #characters = 0
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

  /** Records that are not written yet, but for the batch that is under way. */
  get waiting(): number {
    return this.#waiting.length - this.#taken
  }

  add(record: RequestRecord): void {
    const { enabled, buffer } = this.#options.settings()
    if (!enabled) return
    if (this.#closed || this.waiting >= buffer) {
      this.#dropped += 1
      return
    }
    this.#boundContent(record)
    this.#waiting.push(record)
    if (this.#writing !== undefined) return
    if (this.waiting >= BATCH) this.#begin()
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
    this.#dropped += this.waiting + this.#prepared
    this.#waiting = []
    this.#taken = 0
  }

  #begin(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined
      if (this.waiting > 0 && !this.#closed) this.#cancel ??= this.#options.after(EVERY_MS, () => this.#begin())
    })
  }

  /** Until fewer wait than a batch is worth. A batch is made ready while the one before is written. */
  async #writeAll(): Promise<void> {
    let next = this.waiting > 0 ? this.#prepare() : undefined
    while (next !== undefined) {
      const batch = await next
      next = this.waiting >= BATCH ? this.#prepare() : undefined
      await this.#write(batch)
      next ??= this.waiting >= BATCH ? this.#prepare() : undefined
    }
  }

  async #prepare(): Promise<HistoryBatch> {
    const records = this.#take()
    this.#prepared += records.length
    return { id: this.#options.batchId(), entries: await this.#entriesOf(records) }
  }

  /** Where too much waits, the row is written without what was said. */
  #boundContent(record: RequestRecord): void {
    const characters = charactersOf(record)
    if (characters === 0) return
    if (this.#characters + characters <= MOST_CHARACTERS) this.#characters += characters
    else {
      record.captured = undefined
      this.#options.onContentLost?.()
    }
  }

  #take(): readonly RequestRecord[] {
    const records = this.#waiting.slice(this.#taken, this.#taken + BATCH)
    this.#taken += records.length
    for (const record of records) this.#characters -= charactersOf(record)
    if (2 * this.#taken >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#taken)
      this.#taken = 0
    }
    return records
  }

  async #write(batch: HistoryBatch): Promise<void> {
    const { length } = batch.entries
    this.#prepared -= length
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(LAST_RETRY_MS, 2 * waitMs)) {
      try {
        await this.#options.store.write(batch)
        this.#written += length
        if (this.#failing) this.#options.onState?.(undefined)
        this.#failing = false
        return
      } catch (error) {
        const mayPass = error instanceof StoreError && (error.kind === 'unavailable' || error.kind === 'full')
        if (!mayPass) {
          this.#dropped += length
          this.#options.onLost?.(error, length)
          return
        }
        if (!this.#failing) this.#options.onState?.(error)
        this.#failing = true
        await this.#pause(this.#closed ? FIRST_RETRY_MS : waitMs)
      }
    }
  }

  /** Some at a time: requests have their turns in between. Where the buffer is filling, turns that are slow in coming are not waited for. */
  async #entriesOf(records: readonly RequestRecord[]): Promise<readonly HistoryEntry[]> {
    const entries: HistoryEntry[] = []
    for (const [index, record] of records.entries()) {
      if (index > 0 && index % AT_A_TIME === 0 && 2 * this.waiting < this.#options.settings().buffer) await this.#options.turn()
      entries.push(this.#options.toEntry(record))
    }
    return entries
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

function charactersOf({ captured }: RequestRecord): number {
  return captured === undefined ? 0 : (captured.input?.length ?? 0) + (captured.output?.length ?? 0)
}
