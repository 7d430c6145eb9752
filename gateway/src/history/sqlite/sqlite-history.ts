import { setImmediate } from 'node:timers/promises'
import { WorkerClient } from '../../store/sqlite/worker-client.ts'
import { SILENT, type StoreLog } from '../../store/store-log.ts'
import type { HistoryEntry } from '../history-row.ts'
import type { HistoryStore } from '../port.ts'
import { pack, type HistoryMethods } from './history-protocol.ts'

export interface SqliteHistoryOptions {
  readonly folder: string
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly log?: StoreLog
  readonly idleMs?: number
}

/** A database file of its own beside the store's, written by a thread that is there while it is needed. Nothing is opened before something is asked. */
export function openSqliteHistory({ log = SILENT, ...options }: SqliteHistoryOptions): HistoryStore {
  const client = new WorkerClient<HistoryMethods>({ ...options, log, script: new URL('history-worker.cjs', import.meta.url) })
  return {
    kind: 'sqlite',
    write: async ({ id, entries, events = [] }) => client.call('write', id, await packAll(entries), events),
    page: (query) => client.call('page', query),
    find: (id, filter) => client.call('find', id, filter),
    content: (seq) => client.call('content', seq),
    facets: (query) => client.call('facets', query),
    histogram: (query) => client.call('histogram', query),
    usage: (query) => client.call('usage', query),
    series: (query) => client.call('series', query),
    events: (query) => client.call('events', query),
    trim: (query) => client.call('trim', query),
    close: () => client.close(),
  }
}

/** Entries that are packed in one turn of the event loop: about a millisecond's worth. */
const AT_A_TIME = 400

async function packAll(entries: readonly HistoryEntry[]): Promise<readonly string[]> {
  const parts: string[] = []
  for (let index = 0; index < entries.length; index += AT_A_TIME) {
    if (index > 0) await setImmediate()
    parts.push(pack(entries.slice(index, index + AT_A_TIME)))
  }
  return parts
}
