/** Plain data, as JSON has it. */
export type Body = Readonly<Record<string, unknown>>

/** A document and the commit that wrote it. */
export interface Stored<Content = Body> {
  readonly id: string
  /** Number of the commit that wrote it: another whenever it was written, and never the same again, even after a delete. */
  readonly revision: number
  readonly body: Content
}

export interface Entry<Content = Body> {
  /** From 1, without gaps, in the order of the commits. */
  readonly sequence: number
  /** Epoch milliseconds, as the writer said. */
  readonly time: number
  readonly body: Content
  /** SHA-256 in hex over the hash of the entry before, sequence, time and body (`store/chain.ts`). */
  readonly hash: string
}

export type Write =
  /** `expect`: the revision that it must have now; 0: it must not exist. Otherwise the whole commit is refused as a conflict. */
  | { readonly kind: 'put'; readonly collection: string; readonly id: string; readonly body: Body; readonly expect?: number }
  | { readonly kind: 'delete'; readonly collection: string; readonly id: string; readonly expect?: number }
  | { readonly kind: 'append'; readonly log: string; readonly time: number; readonly body: Body }
  /** Entries of a log up to this sequence number are forgotten; the chain of those that stay can still be verified. */
  | { readonly kind: 'trim'; readonly log: string; readonly through: number }
  /** Counters are numbers that many may add to at once; one that was never added to is 0. */
  | { readonly kind: 'add'; readonly counter: string; readonly amount: number }
  | { readonly kind: 'drop-counters'; readonly prefix: string }

/** How far a log goes, and what its chain goes on from. */
export interface LogExtent {
  /** Sequence of the oldest entry that is kept; `last + 1` where there is none. */
  readonly first: number
  readonly last: number
  /** Hash that the oldest entry kept was chained to; '' at the beginning. */
  readonly base: string
}

/** What a store holds, for those who look after it. */
export interface StoreContents {
  /** Of the last commit; 0: there was none. */
  readonly number: number
  /** Collections that hold anything, with how many documents. */
  readonly collections: ReadonlyMap<string, number>
  /** Every log that was ever appended to. */
  readonly logs: readonly string[]
}

/**
 * Where the control plane keeps its things: collections of documents, append-only logs, counters. A commit is written as
 * a whole or not at all, and is durable when its promise is fulfilled. Every failure is a StoreError.
 */
export interface Store {
  readonly kind: 'memory' | 'file' | 'sqlite' | 'postgres'
  /** Resolves with the commit's number, which is the revision of every document that it put. Commits are numbered upwards. */
  commit(writes: readonly Write[]): Promise<number>
  get(collection: string, id: string): Promise<Stored | undefined>
  /** In the order of their ids (code units), after `after`; `prefix`: of ids that begin with it. Default limit: all. */
  list(
    collection: string,
    query?: { readonly after?: string; readonly prefix?: string; readonly limit?: number },
  ): Promise<readonly Stored[]>
  /** Entries of a log; oldest first from `after` on, or newest first below `before`. */
  read(
    log: string,
    query: { readonly limit: number } & ({ readonly after: number } | { readonly before: number }),
  ): Promise<readonly Entry[]>
  extent(log: string): Promise<LogExtent>
  /** Counters whose names begin with `prefix`. */
  counters(prefix: string): Promise<ReadonlyMap<string, number>>
  contents(): Promise<StoreContents>
  /** Reads everything as it is kept and says what is wrong with it: one line each; none: nothing. Chains of logs: `verifyLog`. */
  check(): Promise<readonly string[]>
  /** Calls back when another process may have changed these collections or counters; at the latest a second after it did. Returns the way to stop. */
  onChange(listener: () => void): () => void
  close(): Promise<void>
}
