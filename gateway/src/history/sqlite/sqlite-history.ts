import { WorkerClient } from '../../store/sqlite/worker-client.ts'
import { SILENT, type StoreLog } from '../../store/store-log.ts'
import type { HistoryStore } from '../port.ts'
import type { HistoryMethods } from './history-protocol.ts'

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
    write: ({ id, packed, events = [] }) => client.call('write', id, packed, events),
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
