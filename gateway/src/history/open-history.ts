import type { StoreSettings } from '../config/snapshot.ts'
import { StoreError } from '../store/store-error.ts'
import type { StoreLog } from '../store/store-log.ts'
import type { HistoryStore } from './port.ts'

/** The history beside the store of the config. Cheap: it is loaded and opened when something is written or asked for the first time. */
export function openHistory(
  { type, path, url }: StoreSettings,
  { now, log }: { readonly now: () => number; readonly log: StoreLog },
): HistoryStore {
  const kind = type === 'file' ? 'memory' : type
  const load = async (): Promise<HistoryStore> => {
    switch (kind) {
      case 'memory':
        return new (await import('./memory-history.ts')).MemoryHistory()
      case 'sqlite':
        return (await import('./sqlite/sqlite-history.ts')).openSqliteHistory({ folder: path, now, log })
      case 'postgres':
        if (url === undefined) throw new StoreError('unavailable', 'store.type is postgres, and there is no store.url')
        return (await import('./postgres/postgres-history.ts')).openPostgresHistory({ url })
    }
  }
  let loaded: Promise<HistoryStore> | undefined
  const store = () => (loaded ??= load())
  return {
    kind,
    write: async (batch) => (await store()).write(batch),
    page: async (query) => (await store()).page(query),
    find: async (id, filter) => (await store()).find(id, filter),
    content: async (seq) => (await store()).content(seq),
    facets: async (query) => (await store()).facets(query),
    histogram: async (query) => (await store()).histogram(query),
    usage: async (query) => (await store()).usage(query),
    series: async (query) => (await store()).series(query),
    events: async (query) => (await store()).events(query),
    trim: async (query) => (await store()).trim(query),
    close: async () => (await loaded)?.close(),
  }
}
