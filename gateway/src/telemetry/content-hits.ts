import type { ContentHit, RequestRecord } from './request-record.ts'

/** What somebody else keeps of matches: enough to ask who and which model, and never what was matched. */
export interface ContentHitFacts extends ContentHit {
  /** Of the request that is told of; others may be counted in as well. */
  readonly requestId: string
  readonly principal: string | undefined
  readonly model: string | undefined
  readonly endpoint: string
  readonly address: string
  /** Requests that `count` is the sum of. */
  readonly requests: number
}

export interface ContentHitsOptions {
  readonly report: (facts: ContentHitFacts) => void
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** The same rule, key and model are told of once in this time. */
const INTERVAL_MS = 60_000
/** Kinds of hits that are kept apart; beyond it the oldest are told at once and forgotten. */
const MOST_KINDS = 10_000

interface Kind {
  reportedAt: number
  /** Since then, and not told of yet. */
  pending: ContentHitFacts | undefined
}

/** Tells of hits at a bounded rate: the first of its kind at once, what follows within a minute together. */
export class ContentHits {
  readonly #options: ContentHitsOptions
  readonly #kinds = new Map<string, Kind>()

  constructor(options: ContentHitsOptions) {
    this.#options = options
  }

  note(record: RequestRecord): void {
    for (const hit of record.content ?? []) this.#add(hit, record)
  }

  /** Tells what was held back. */
  flush(): void {
    for (const kind of this.#kinds.values()) this.#tell(kind)
  }

  #add(hit: ContentHit, { id, principal, model, endpoint, address }: RequestRecord): void {
    const name = JSON.stringify([hit.rule, hit.action, hit.where, principal, model])
    const kind = this.#kinds.get(name) ?? { reportedAt: -Infinity, pending: undefined }
    this.#kinds.delete(name)
    this.#kinds.set(name, kind)
    const before = kind.pending
    kind.pending = {
      ...hit,
      requestId: id,
      principal,
      model,
      endpoint,
      address,
      count: hit.count + (before?.count ?? 0),
      requests: 1 + (before?.requests ?? 0),
    }
    if (this.#options.now() - kind.reportedAt >= INTERVAL_MS) this.#tell(kind)
    this.#bound()
  }

  #tell(kind: Kind): void {
    if (kind.pending === undefined) return
    const facts = kind.pending
    kind.pending = undefined
    kind.reportedAt = this.#options.now()
    this.#options.report(facts)
  }

  #bound(): void {
    if (this.#kinds.size <= MOST_KINDS) return
    const oldest = this.#kinds.entries().next().value
    if (oldest === undefined) return
    this.#tell(oldest[1])
    this.#kinds.delete(oldest[0])
  }
}
