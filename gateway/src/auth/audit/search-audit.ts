import type { AuditFilter, AuditRow } from '@jairouter/contract/management/audit'
import type { Store } from '../../store/port.ts'
import { AUDIT_LOG } from './audit-entry.ts'
import { auditRow, isAskedFor } from './audit-row.ts'

type Log = Pick<Store, 'read' | 'extent'>

/** Entries that are read at a time. */
const PAGE = 500
/** A search that finds little stops after so many; it can go on from there. */
const MOST_SCANNED = 20_000

export interface AuditPage {
  readonly items: readonly AuditRow[]
  /** Sequence below which the search goes on; undefined where the log ends. */
  readonly next: number | undefined
  /** It has stopped before the page was full, and before the log's end. */
  readonly partial: boolean
}

/** Newest first, below `before`. Rejects with a StoreError. */
export async function searchAudit(
  store: Log,
  filter: AuditFilter,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<AuditPage> {
  const items: AuditRow[] = []
  const from = filter.from === undefined ? -Infinity : Date.parse(filter.from) - CLOCK_SLACK_MS
  let at = before ?? (await store.extent(AUDIT_LOG)).last + 1
  for (let scanned = 0; scanned < MOST_SCANNED;) {
    const entries = await store.read(AUDIT_LOG, { before: at, limit: PAGE })
    for (const entry of entries) {
      at = entry.sequence
      if (entry.time < from) return { items, next: undefined, partial: false }
      const row = auditRow(entry)
      if (isAskedFor(row, filter)) items.push(row)
      if (items.length === limit) return { items, next: await hasOlder(store, at), partial: false }
    }
    scanned += entries.length
    if (entries.length < PAGE) return { items, next: undefined, partial: false }
  }
  const next = await hasOlder(store, at)
  return { items, next, partial: next !== undefined }
}

/** Times are the writers' own, and those of several machines are not quite in order. */
const CLOCK_SLACK_MS = 60_000

async function hasOlder(store: Log, sequence: number): Promise<number | undefined> {
  return (await store.extent(AUDIT_LOG)).first < sequence ? sequence : undefined
}

export async function newestEntries(store: Log, limit: number): Promise<readonly AuditRow[]> {
  return (await searchAudit(store, {}, { limit })).items
}

export async function auditEntryAt(store: Log, sequence: number): Promise<AuditRow | undefined> {
  const [entry] = await store.read(AUDIT_LOG, { after: sequence - 1, limit: 1 })
  return entry?.sequence === sequence ? auditRow(entry) : undefined
}
