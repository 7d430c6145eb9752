import type { Series } from '@jairouter/contract/management/history'
import { actorName } from '../auth/actor.ts'
import { auditWrite, type Origin } from '../auth/audit/audit-entry.ts'
import type { FailureFigure } from '../alert/findings.ts'
import { parseQuery } from '@jairouter/contract/management/query'
import { HISTORY_FIELDS, HISTORY_FLAGS } from '@jairouter/contract/management/history-names'
import type { HistoryStore, Place } from '../history/port.ts'
import { isoTime } from '../lib/iso-time.ts'
import { isObject } from '../lib/json.ts'
import type { Store, Write } from '../store/port.ts'
import type { FailureFeed } from '../telemetry/failure-feed.ts'
import { FailureIndex, type Failure } from './failure-index.ts'
import { hiddenShapes, shapeOfRequest, shapeOfRow } from './fingerprint.ts'

const MUTES = 'failure-mutes'
/** What is read of the history at the beginning. */
const LOOK_BACK_MS = 86_400_000
const MOST_ROWS = 5_000
/** Each is taken in at once: more would hold requests up. */
const PAGE_ROWS = 100
const PAGE_MS = 250
const MOST_PAGES = 50
const MINUTE_MS = 60_000

export interface Mute {
  readonly by: string
  /** ISO times; without `until` for good. */
  readonly since: string
  readonly until?: string
  readonly reason: string
}

export interface FailureDeskOptions {
  readonly feed: FailureFeed
  readonly history: Pick<HistoryStore, 'page'>
  readonly store: Pick<Store, 'list' | 'commit'>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Epoch milliseconds at which the feed began: what is older is in the history. */
  readonly since: number
  /** Of the monotonic clock of records: epoch milliseconds at which it was 0. */
  readonly offset: () => number
  readonly onError: (error: unknown) => void
}

/** Failures by fingerprint, with those that somebody has muted. */
export class FailureDesk {
  readonly #options: FailureDeskOptions
  readonly #index = new FailureIndex()
  #mutes: ReadonlyMap<string, Mute> = new Map()
  #loaded: Promise<void> | undefined

  constructor(options: FailureDeskOptions) {
    this.#options = options
  }

  /** What the history tells of before the start, and what is muted. Never rejects: without them it begins with what comes. */
  load(): Promise<void> {
    return (this.#loaded ??= this.#load())
  }

  /** Takes in what has failed meanwhile. */
  catchUp(): void {
    const { feed, offset } = this.#options
    for (const record of feed.take()) {
      const time = Math.round(offset() + record.startedAt + record.durationMs)
      const shape = shapeOfRequest(record)
      for (const one of shape === undefined ? hiddenShapes(record) : [shape]) this.#index.add(one, { id: record.id, time })
    }
  }

  /** Mutes may have been changed by another process. */
  async followMutes(): Promise<void> {
    const stored = await this.#options.store.list(MUTES)
    this.#mutes = new Map(stored.flatMap(({ id, body }) => (isMute(body) ? [[id, body]] : [])))
  }

  all(): readonly Failure[] {
    this.catchUp()
    return this.#index.all()
  }

  get(id: string): Failure | undefined {
    this.catchUp()
    return this.#index.get(id)
  }

  /** Times a minute. */
  rate(id: string, windowMs: number): number {
    return this.#index.rate(id, windowMs, this.#options.now())
  }

  /** The last hour by minutes. */
  series(id: string): Series {
    const counts = this.#index.minutes(id, this.#options.now())
    const newest = Math.floor(this.#options.now() / MINUTE_MS) * 60
    const t = counts.map((_, index) => newest - (counts.length - 1 - index) * 60)
    return { t, lines: [{ key: 'failures', unit: 'failures', v: [...counts] }], openFrom: newest }
  }

  /** Undefined where it is not, or not any more. */
  muteOf(id: string): Mute | undefined {
    const mute = this.#mutes.get(id)
    return mute?.until === undefined || Date.parse(mute.until) > this.#options.now() ? mute : undefined
  }

  /** In force and audited when fulfilled; nothing has changed when rejected with a StoreError. */
  async mute(
    id: string,
    { reason, forMs }: { readonly reason: string; readonly forMs: number | undefined },
    origin: Origin,
  ): Promise<Mute> {
    const now = this.#options.now()
    const until = forMs === undefined ? {} : { until: isoTime(now + forMs) }
    const mute: Mute = { by: actorName(origin.actor), since: isoTime(now), ...until, reason }
    await this.#commit({ kind: 'put', collection: MUTES, id, body: { ...mute } }, { verb: 'mute', id, after: { reason, ...until } }, origin)
    this.#mutes = new Map([...this.#mutes, [id, mute]])
    return mute
  }

  async unmute(id: string, origin: Origin): Promise<void> {
    await this.#commit({ kind: 'delete', collection: MUTES, id }, { verb: 'unmute', id }, origin)
    this.#mutes = new Map([...this.#mutes].filter(([muted]) => muted !== id))
  }

  /** For alerts: without those that are muted, and what is its client's own doing. */
  figures(): readonly FailureFigure[] {
    const now = this.#options.now()
    return this.all().flatMap((failure) => {
      const { id, service, model, backend, status, code, hidden, firstSeen, lastSeen } = failure
      const isOwn = failure.class === 'client' || failure.class === 'limited'
      if (isOwn || hidden || now - lastSeen > 3_600_000 || this.muteOf(id) !== undefined) return []
      const subject = { failure: id, service, model, backend, status: String(status), code }
      return [{ subject, ageMs: now - firstSeen, rate: (windowMs: number) => this.#index.rate(id, windowMs, now) }]
    })
  }

  async #commit(write: Write, { verb, id, after }: { verb: string; id: string; after?: unknown }, origin: Origin): Promise<void> {
    const { store, now } = this.#options
    const told = after === undefined ? {} : { after }
    await store.commit([
      write,
      auditWrite(origin, { action: `failure.${verb}`, target: `failures/${id}`, result: 'ok', ...told, time: now() }),
    ])
  }

  async #load(): Promise<void> {
    await Promise.all(
      [this.#readHistory(), this.followMutes()].map((reading) => reading.catch((error: unknown) => this.#options.onError(error))),
    )
  }

  async #readHistory(): Promise<void> {
    const { history, since } = this.#options
    const parsed = parseQuery('flag:error', { fields: HISTORY_FIELDS, flags: HISTORY_FLAGS })
    const filter = { terms: 'terms' in parsed ? parsed.terms : [], from: since - LOOK_BACK_MS, to: since }
    let before: Place | undefined
    let rows = 0
    for (let page = 0; page < MOST_PAGES && rows < MOST_ROWS; page += 1) {
      const found = await history.page({ filter, limit: PAGE_ROWS, deadlineMs: PAGE_MS, ...(before === undefined ? {} : { before }) })
      for (const row of found.rows) {
        const shape = shapeOfRow(row)
        if (shape !== undefined) this.#index.add(shape, { id: row.id, time: Math.round(row.time + row.ms) })
      }
      rows += found.rows.length
      before = found.next
      if (before === undefined) return
    }
  }
}

function isMute(body: unknown): body is Mute {
  if (!isObject(body)) return false
  const { by, since, until, reason } = body
  return (
    typeof by === 'string' && typeof since === 'string' && typeof reason === 'string' && (until === undefined || typeof until === 'string')
  )
}
