import type { ContentHit, RequestRecord } from './request-record.ts'
import { ToldTogether } from './told-together.ts'

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

/** Tells of hits at a bounded rate: the first of its kind at once, what follows within a minute together. */
export class ContentHits {
  readonly #hits: ToldTogether<ContentHitFacts>

  constructor({ report, now }: ContentHitsOptions) {
    this.#hits = new ToldTogether({ tell: report, intervalMs: INTERVAL_MS, now })
  }

  note(record: RequestRecord): void {
    for (const hit of record.content ?? []) this.#add(hit, record)
  }

  /** Tells what was held back. */
  flush(): void {
    this.#hits.flush()
  }

  #add(hit: ContentHit, { id, principal, model, endpoint, address }: RequestRecord): void {
    this.#hits.add(JSON.stringify([hit.rule, hit.action, hit.where, principal, model]), (before) => ({
      ...hit,
      requestId: id,
      principal,
      model,
      endpoint,
      address,
      count: hit.count + (before?.count ?? 0),
      requests: 1 + (before?.requests ?? 0),
    }))
  }
}
