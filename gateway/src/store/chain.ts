import { createHash } from 'node:crypto'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { Entry, Store } from './port.ts'

/** Entries that are read at a time. */
const PAGE = 1_000

export interface Link {
  readonly sequence: number
  /** Epoch milliseconds. */
  readonly time: number
}

/** Hash of an entry: SHA-256 in hex over the hash before it, its place, its time and its body as canonical JSON. */
export function chainHash(previous: string, { sequence, time }: Link, canonicalBody: string): string {
  return createHash('sha256').update(`${previous}\n${sequence}\n${time}\n${canonicalBody}`).digest('hex')
}

export interface LogVerdict {
  readonly log: string
  /** Entries that were looked at. */
  readonly entries: number
  /** The first sequence that is missing, or does not follow from the one before; undefined: the chain holds. */
  readonly brokenAt?: number
}

/** Walks a whole log in pages. Entries that are appended or trimmed meanwhile do not count as a break. */
export async function verifyLog(store: Pick<Store, 'read' | 'extent'>, log: string): Promise<LogVerdict> {
  const { first, last, base } = await store.extent(log)
  let previous = base
  let expected = first
  while (expected <= last) {
    const page = await store.read(log, { after: expected - 1, limit: PAGE })
    for (const entry of page) {
      if (entry.sequence > last) break
      if (!follows(entry, expected, previous)) {
        if (await wasTrimmed(store, log, expected)) return verifyLog(store, log)
        return { log, entries: expected - first, brokenAt: expected }
      }
      previous = entry.hash
      expected += 1
    }
    if (page.length === 0) {
      if (await wasTrimmed(store, log, expected)) return verifyLog(store, log)
      return { log, entries: expected - first, brokenAt: expected }
    }
  }
  return { log, entries: expected - first }
}

function follows(entry: Entry, sequence: number, previous: string): boolean {
  return entry.sequence === sequence && entry.hash === chainHash(previous, entry, canonicalJson(entry.body))
}

async function wasTrimmed(store: Pick<Store, 'extent'>, log: string, sequence: number): Promise<boolean> {
  return (await store.extent(log)).first > sequence
}
