import { RowsStore } from '../sql/rows-store.ts'
import type { Store } from '../port.ts'
import { StoreError } from '../store-error.ts'
import { SILENT, type StoreLog } from '../store-log.ts'
import { FileWatch } from './file-watch.ts'
import type { RestingFiles } from './worker-protocol.ts'
import { WorkerClient, type WorkerClientOptions } from './worker-client.ts'

export interface SqliteStoreOptions extends Pick<WorkerClientOptions, 'idleMs' | 'start' | 'startApart' | 'readOnly'> {
  readonly folder: string
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly log?: StoreLog
}

/** SQLite in the folder, written by a thread of its own: waiting for the disk never holds up the gateway. */
export async function openSqliteStore({ log = SILENT, ...options }: SqliteStoreOptions): Promise<Store> {
  const client = new WorkerClient({ ...options, log, onEnd: (last) => last !== undefined && watch.rests(last as RestingFiles) })
  const watch = new FileWatch({ folder: options.folder, number: () => client.call('number') })
  try {
    watch.saw(await client.call('number'))
    return new RowsStore({
      kind: 'sqlite',
      rows: {
        commit: async (writes) => {
          if (options.readOnly === true) throw new StoreError('unavailable', 'The store was opened to be looked at only')
          const number = await client.call('commit', writes)
          watch.committed(number)
          return number
        },
        get: (collection, id) => client.call('get', collection, id),
        list: (collection, query) => client.call('list', collection, query),
        read: (log_, query) => client.call('read', log_, query),
        extent: (log_) => client.call('extent', log_),
        counters: (prefix) => client.call('counters', prefix),
        contents: () => client.call('contents'),
        number: () => client.call('number'),
      },
      check: () => client.call('check'),
      onChange: (listener) => watch.onChange(listener),
      close: async () => {
        watch.stop()
        await client.close()
      },
    })
  } catch (error) {
    await client.close()
    throw error
  }
}
