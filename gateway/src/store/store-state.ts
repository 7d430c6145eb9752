import { chainHash } from './chain.ts'
import type { Entry, LogExtent, StoreContents, Stored } from './port.ts'
import type { PreparedWrite } from './prepare.ts'
import { StoreError } from './store-error.ts'

export interface KeptDocument {
  readonly revision: number
  /** JSON: nobody can change it. */
  readonly text: string
}

/** Where a log stands: its extent, and what the next entry is chained to. */
export interface LogHead extends LogExtent {
  readonly hash: string
}

export interface KeptEntry {
  readonly log: string
  readonly sequence: number
  readonly time: number
  readonly text: string
  readonly hash: string
}

export const EMPTY_LOG: LogHead = { first: 1, last: 0, base: '', hash: '' }

/** What a commit does to the logs, in the order of its writes. */
export type LogEffect =
  | { readonly kind: 'append'; readonly entry: KeptEntry }
  /** Entries up to this one are gone. */
  | { readonly kind: 'trim'; readonly log: string; readonly through: number }

/** Documents and counters of a store as they are after a commit, in memory; of the logs, where each stands. */
export class StoreState {
  /** Of the last commit. */
  number = 0
  readonly documents = new Map<string, Map<string, KeptDocument>>()
  readonly counters = new Map<string, number>()
  readonly logs = new Map<string, LogHead>()

  /**
   * Throws a conflict where an `expect` does not hold, each write seeing those before it. Changes nothing but `pending`: the
   * revisions of what commits that are not applied yet have written, to which it adds its own when all hold.
   */
  check(writes: readonly PreparedWrite[], number: number, pending = new Map<string, number>()): void {
    const written = new Map<string, number>()
    for (const write of writes) {
      if (write.kind !== 'put' && write.kind !== 'delete') continue
      const { collection, id, expect } = write
      const key = JSON.stringify([collection, id])
      const revision = written.get(key) ?? pending.get(key) ?? this.documents.get(collection)?.get(id)?.revision ?? 0
      if (expect !== undefined && expect !== revision) throw conflict(collection, id)
      written.set(key, write.kind === 'put' ? number : 0)
    }
    for (const [key, revision] of written) pending.set(key, revision)
  }

  /** `hashAt`: the hash of an entry that is kept, which the chain of what stays after a trim begins with. */
  apply(writes: readonly PreparedWrite[], number: number, hashAt: (log: string, sequence: number) => string): LogEffect[] {
    const effects: LogEffect[] = []
    const appended = new Map<string, string>()
    for (const write of writes) {
      switch (write.kind) {
        case 'put': {
          this.#collection(write.collection).set(write.id, { revision: number, text: write.text })
          break
        }
        case 'delete':
          this.#delete(write.collection, write.id)
          break
        case 'append': {
          const entry = this.#append(write)
          appended.set(`${entry.sequence} ${entry.log}`, entry.hash)
          effects.push({ kind: 'append', entry })
          break
        }
        case 'trim': {
          const head = this.head(write.log)
          const through = Math.min(write.through, head.last)
          if (through < head.first) break
          const base = appended.get(`${through} ${write.log}`) ?? hashAt(write.log, through)
          this.logs.set(write.log, { ...head, first: through + 1, base })
          effects.push({ kind: 'trim', log: write.log, through })
          break
        }
        case 'add':
          this.counters.set(write.counter, (this.counters.get(write.counter) ?? 0) + write.amount)
          break
        case 'drop-counters':
          for (const name of this.counters.keys()) if (name.startsWith(write.prefix)) this.counters.delete(name)
          break
      }
    }
    this.number = number
    return effects
  }

  head(log: string): LogHead {
    return this.logs.get(log) ?? EMPTY_LOG
  }

  get(collection: string, id: string): Stored | undefined {
    const kept = this.documents.get(collection)?.get(id)
    return kept === undefined ? undefined : parseDocument(id, kept)
  }

  list(collection: string, { after, prefix = '', limit = Infinity }: ListOptions = {}): readonly Stored[] {
    const kept = this.documents.get(collection) ?? new Map<string, KeptDocument>()
    const ids = [...kept.keys()].filter((id) => id.startsWith(prefix) && (after === undefined || id > after)).toSorted(byCodeUnits)
    return ids.slice(0, limit).flatMap((id) => {
      const document = kept.get(id)
      return document === undefined ? [] : [parseDocument(id, document)]
    })
  }

  countersOf(prefix: string): ReadonlyMap<string, number> {
    return new Map([...this.counters].filter(([name]) => name.startsWith(prefix)))
  }

  contents(): StoreContents {
    const collections = new Map([...this.documents].map(([name, documents]) => [name, documents.size]))
    return { number: this.number, collections, logs: [...this.logs.keys()].toSorted(byCodeUnits) }
  }

  #collection(name: string): Map<string, KeptDocument> {
    const known = this.documents.get(name)
    if (known !== undefined) return known
    const made = new Map<string, KeptDocument>()
    this.documents.set(name, made)
    return made
  }

  #delete(name: string, id: string): void {
    const collection = this.documents.get(name)
    collection?.delete(id)
    if (collection?.size === 0) this.documents.delete(name)
  }

  #append({ log, time, text }: Extract<PreparedWrite, { readonly kind: 'append' }>): KeptEntry {
    const head = this.head(log)
    const sequence = head.last + 1
    const hash = chainHash(head.hash, { sequence, time }, text)
    this.logs.set(log, { ...head, last: sequence, hash })
    return { log, sequence, time, text, hash }
  }
}

interface ListOptions {
  readonly after?: string
  readonly prefix?: string
  readonly limit?: number
}

export function conflict(collection: string, id: string): StoreError {
  return new StoreError('conflict', `${collection}/${id} is not at the revision that was expected: it was written in the meantime`)
}

export function parseDocument(id: string, { revision, text }: KeptDocument): Stored {
  return { id, revision, body: JSON.parse(text) as Stored['body'] }
}

export function parseEntry({ sequence, time, text, hash }: Omit<KeptEntry, 'log'>): Entry {
  return { sequence, time, body: JSON.parse(text) as Entry['body'], hash }
}

function byCodeUnits(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
