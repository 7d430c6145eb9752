import type { Store } from '../../store/port.ts'
import { AUDIT_LOG, auditWrite } from './audit-entry.ts'

export interface RetentionSettings {
  /** Milliseconds; Infinity: for good. */
  readonly keepMs: number
  readonly maxEntries: number
}

/** Entries that are read at a time, and that one commit trims at most: a store must not stand still for long. */
const PAGE = 1_000
const MOST_TRIMMED = 10_000
const DAY_MS = 86_400_000

/**
 * Forgets entries that are too old or too many, which is an entry of the log itself. Returns how many were forgotten; more
 * of them than a commit should take are left for the next time. Rejects with a StoreError.
 */
export async function trimAudit(store: Store, { keepMs, maxEntries }: RetentionSettings, now: number): Promise<number> {
  const { first, last } = await store.extent(AUDIT_LOG)
  const most = Math.max(1, maxEntries)
  // The entry that tells of it is one of those that stay.
  const tooMany = last - first + 1 > most ? last - most + 1 : first - 1
  const tooOld = (await isDue(store, first, now - keepMs - Math.min(keepMs / 10, DAY_MS)))
    ? await lastBefore(store, first, now - keepMs)
    : 0
  const through = Math.min(first + MOST_TRIMMED - 1, Math.max(tooMany, tooOld))
  if (last < first || through < first) return 0
  const trimmed = Math.min(through, last) - first + 1
  await store.commit([
    { kind: 'trim', log: AUDIT_LOG, through: Math.min(through, last) },
    auditWrite(
      { actor: { kind: 'system' } },
      { action: 'audit.trim', target: 'audit', result: 'ok', before: { first, last }, after: { first: first + trimmed }, time: now },
    ),
  ])
  return trimmed
}

/** Not at each entry that has reached its age: every trim is an entry itself. */
async function isDue(store: Store, first: number, time: number): Promise<boolean> {
  const [oldest] = await store.read(AUDIT_LOG, { after: first - 1, limit: 1 })
  return oldest !== undefined && oldest.time < time
}

/** Sequence of the last of those at the log's beginning that are older than that time; `first - 1` where none is. */
async function lastBefore(store: Store, first: number, time: number): Promise<number> {
  let through = first - 1
  while (through < first + MOST_TRIMMED - 1) {
    const entries = await store.read(AUDIT_LOG, { after: through, limit: PAGE })
    const kept = entries.find((entry) => entry.time >= time)
    if (kept !== undefined) return kept.sequence - 1
    if (entries.length === 0) return through
    through = entries.at(-1)?.sequence ?? through
  }
  return through
}

export interface AuditKeeperOptions {
  readonly store: Store
  readonly settings: () => RetentionSettings
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Calls back again and again; returns the way to stop. */
  readonly every: (milliseconds: number, callback: () => void) => () => void
  /** What went wrong; it is tried again. */
  readonly onError: (error: unknown) => void
}

const TRIM_EVERY_MS = 3_600_000

/** Keeps the log within its bounds from now on. Returns the way to stop. */
export function keepAudit({ store, settings, now, every, onError }: AuditKeeperOptions): () => void {
  let running = false
  let stopped = false
  const trim = async () => {
    if (running) return
    running = true
    try {
      await trimAudit(store, settings(), now())
    } catch (error) {
      // A store that is closed by now is no fault.
      if (!stopped) onError(error)
    } finally {
      running = false
    }
  }
  void trim()
  const stop = every(TRIM_EVERY_MS, () => void trim())
  return () => {
    stopped = true
    stop()
  }
}
