import type { LogExtent, Store, StoreContents } from '../port.ts'
import type { PreparedWrite } from '../prepare.ts'
import type { KeptDocument, KeptEntry } from '../store-state.ts'

/** What a database answers: bodies are JSON still, so that they can cross to another thread as text. */
export interface SqlRows {
  commit(writes: readonly PreparedWrite[]): Promise<number>
  get(collection: string, id: string): Promise<KeptDocument | undefined>
  list(collection: string, query?: Parameters<Store['list']>[1]): Promise<readonly (KeptDocument & { readonly id: string })[]>
  read(log: string, query: Parameters<Store['read']>[1]): Promise<readonly Omit<KeptEntry, 'log'>[]>
  extent(log: string): Promise<LogExtent>
  counters(prefix: string): Promise<ReadonlyMap<string, number>>
  contents(): Promise<StoreContents>
  /** Of the last commit. */
  number(): Promise<number>
}
