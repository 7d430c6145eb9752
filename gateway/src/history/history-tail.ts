import type { RequestRecord } from '../telemetry/request-record.ts'
import type { HistoryEntry, RequestRow } from './history-row.ts'
import { matches } from './matches.ts'
import type { HistoryFilter } from './port.ts'

export interface HistoryTailOptions {
  readonly entryOf: (record: RequestRecord) => HistoryEntry
  /** Requests that are being answered. */
  readonly open: () => Iterable<{ readonly record?: RequestRecord | undefined }>
  /** Monotonic milliseconds, as records were begun by. */
  readonly monotonic: () => number
}

export interface TailedRow {
  readonly row: RequestRow
  /** Undefined for a row of a request that is over. */
  readonly running?: RequestRecord
}

/** What a follower was not told yet. `matched` also counts those that there was no room for. */
export interface TailPart {
  /** Oldest first; of many, the last ones. */
  readonly rows: readonly TailedRow[]
  readonly matched: number
}

/** Rows that wait for a follower; of more, the oldest are only counted. */
const MOST_TAILED = 50
/** Open requests that are looked at in one go. */
const MOST_LOOKED_AT = 500

/** Requests as they are let in and as they end, for who follows them. Nobody follows: nothing is done. */
export class HistoryTail {
  readonly #options: HistoryTailOptions
  readonly #followers = new Set<TailFollower>()

  constructor(options: HistoryTailOptions) {
    this.#options = options
  }

  /** Of a request that is over. */
  add(record: RequestRecord): void {
    if (this.#followers.size === 0) return
    try {
      const { request } = this.#options.entryOf(record)
      for (const follower of this.#followers) follower.offer({ row: request })
    } catch {
      // Whoever looks on must not end what it looks at; the history says what can't be written.
    }
  }

  /** `onlyUser`: sees that user's requests, and no texts of errors, which are for those who run the gateway. */
  follow(filter: HistoryFilter, onlyUser?: string): TailFollower {
    const follower = new TailFollower({ ...this.#options, filter, onlyUser, onStop: () => void this.#followers.delete(follower) })
    this.#followers.add(follower)
    return follower
  }
}

interface FollowerOptions extends HistoryTailOptions {
  readonly filter: HistoryFilter
  readonly onlyUser: string | undefined
  readonly onStop: () => void
}

export class TailFollower {
  readonly #options: FollowerOptions
  #rows: TailedRow[] = []
  #matched = 0
  /** Open requests that were looked at. */
  readonly #seen = new WeakSet<RequestRecord>()

  constructor(options: FollowerOptions) {
    this.#options = options
  }

  offer({ row, ...more }: TailedRow): void {
    const { filter, onlyUser } = this.#options
    if (onlyUser !== undefined && row.user !== onlyUser) return
    const shown = onlyUser === undefined ? row : { ...row, error: '', words: '' }
    if (!matches(shown, filter)) return
    this.#matched += 1
    this.#rows.push({ row: shown, ...more })
    if (this.#rows.length > MOST_TAILED) this.#rows.shift()
  }

  /** What came since it was asked last, with requests that were let in since and are not over. */
  take(): TailPart {
    this.#look()
    const part = { rows: this.#rows, matched: this.#matched }
    this.#rows = []
    this.#matched = 0
    return part
  }

  stop(): void {
    this.#options.onStop()
  }

  #look(): void {
    const { open, entryOf, monotonic } = this.#options
    let looked = 0
    for (const { record } of open()) {
      if (record === undefined || Number.isNaN(record.admittedAt ?? Number.NaN) || this.#seen.has(record)) continue
      // The others have their turn the next time, or are over by then.
      if (looked === MOST_LOOKED_AT) return
      looked += 1
      this.#seen.add(record)
      const { request } = entryOf(record)
      this.offer({ row: { ...request, status: 0, ms: Math.max(0, Math.round(monotonic() - record.startedAt)) }, running: record })
    }
  }
}
