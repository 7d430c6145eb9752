import type { EventKind } from '@jairouter/contract/management/event-names'
import type { BusEvent, EventBus } from '../telemetry/event-bus.ts'
import { eventView } from '../telemetry/event-view.ts'
import type { EventRow } from './event-row.ts'
import type { HistoryStore } from './port.ts'

export interface EventJournalOptions {
  readonly events: Pick<EventBus, 'subscribe'>
  readonly store: Pick<HistoryStore, 'write'>
  readonly isEnabled: () => boolean
  /** Calls back once; returns the way not to. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
  readonly batchId: () => string
  /** Told when it begins to fail; it is tried again. */
  readonly onError: (error: unknown) => void
}

const SOON_MS = 500
const RETRY_MS = 10_000
/** Of what can wait: beyond it, it is written. */
const MOST_PATIENT = 100
/** Beyond it the oldest are forgotten: the store is away, and they are still on the bus for a while. */
const MOST_WAITING = 1_000
/** What somebody will want to know tomorrow. The others are too many, or are kept elsewhere. */
const KEPT_KINDS: ReadonlySet<EventKind> = new Set<EventKind>([
  'health',
  'breaker',
  'credential',
  'overload',
  'override',
  'config',
  'budget',
  'key',
  'team',
  'block',
  'alert',
  'start',
])

/**
 * Writes what happens to the gateway into the history, beside the requests: what is bad at once, the rest when the
 * history is open anyway. A gateway that idles opens no database to note that it is well.
 */
export class EventJournal {
  readonly #options: EventJournalOptions
  #waiting: EventRow[] = []
  /** The batch that is being written, until it is: its id tells whether it was. */
  #batch: { readonly id: string; readonly events: readonly EventRow[] } | undefined
  #failing = false
  #cancel: (() => void) | undefined
  #writing: Promise<void> | undefined
  readonly #stop: () => void

  constructor(options: EventJournalOptions) {
    this.#options = options
    this.#stop = options.events.subscribe((event) => this.#add(event))
  }

  /** The store is open and at work: what waits may come along. */
  readonly ride = (): void => {
    if (this.#waiting.length > 0) this.#plan(SOON_MS)
  }

  /** Writes what waits, once. Never rejects. */
  async flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    await this.#writing
    await this.#write()
  }

  async close(): Promise<void> {
    this.#stop()
    await this.flush()
    this.#cancel?.()
  }

  #add(event: BusEvent): void {
    const { kind, type, severity, subject, data } = eventView(event, String)
    if (!KEPT_KINDS.has(kind)) return
    this.#waiting.push({ time: event.time, kind, type, severity, subject, data: JSON.stringify(data) ?? 'null' })
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift()
    if (severity !== 'info' || this.#waiting.length >= MOST_PATIENT) this.#plan(SOON_MS)
  }

  #plan(milliseconds: number): void {
    this.#cancel ??= this.#options.after(milliseconds, () => {
      this.#cancel = undefined
      void this.#write()
    })
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeNow().finally(() => {
      this.#writing = undefined
    })
    return this.#writing
  }

  async #writeNow(): Promise<void> {
    const { store, batchId, onError, isEnabled } = this.#options
    if (!isEnabled()) {
      this.#waiting = []
      return
    }
    if (this.#batch === undefined) {
      if (this.#waiting.length === 0) return
      this.#batch = { id: batchId(), events: this.#waiting }
      this.#waiting = []
    }
    try {
      await store.write({ ...this.#batch, packed: new Uint8Array() })
      this.#batch = undefined
      this.#failing = false
      if (this.#waiting.length > 0) this.#plan(SOON_MS)
    } catch (error) {
      if (!this.#failing) onError(error)
      this.#failing = true
      this.#plan(RETRY_MS)
    }
  }
}

/** The history with the journal's events: who reads them is told of all, and who writes takes them along. */
export function journaled(store: HistoryStore, journal: Pick<EventJournal, 'flush' | 'ride'>): HistoryStore {
  return {
    ...store,
    async write(batch) {
      await store.write(batch)
      journal.ride()
    },
    async events(query) {
      await journal.flush()
      return store.events(query)
    },
  }
}
