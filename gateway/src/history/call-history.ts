import { randomUUIDv7 } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Snapshot } from '../config/snapshot.ts'
import { priceSourcesOf } from '../telemetry/request-cost.ts'
import type { RecordSink } from '../telemetry/record-sink.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import type { HistoryEntry } from './history-row.ts'
import { HistoryWriter } from './history-writer.ts'
import { keepHistory } from './keep-history.ts'
import type { HistoryStore } from './port.ts'
import { rowsOf } from './rows-of.ts'

export interface CallHistoryOptions {
  readonly store: HistoryStore
  readonly snapshot: () => Pick<Snapshot, 'history' | 'prices'>
  /** What goes wrong beside the requests. */
  readonly log: {
    readonly info: (fields: object, message: string) => void
    readonly warn: (fields: object, message: string) => void
    readonly error: (fields: object, message: string) => void
  }
}

/** Rows of requests from their end to the store. */
export interface CallHistory {
  readonly sink: RecordSink
  /** What a request becomes in it. */
  readonly entryOf: (record: RequestRecord) => HistoryEntry
  readonly store: HistoryStore
  /** Keeps the store within its bounds, from now on. */
  start(): void
  /** Resolves when everything that was settled is written. */
  flush(): Promise<void>
  /** Writes what is left. */
  close(): Promise<void>
}

export function createCallHistory({ store, snapshot, log }: CallHistoryOptions): CallHistory {
  const after = (milliseconds: number, callback: () => void) => {
    const timer = setTimeout(callback, milliseconds)
    return () => clearTimeout(timer)
  }
  const entryOf = (record: RequestRecord) => rowsOf(record, priceSourcesOf(snapshot()), Date.now() - performance.now())
  const writer = new HistoryWriter({
    store,
    settings: () => snapshot().history,
    toEntry: entryOf,
    after,
    batchId: randomUUIDv7,
    onState(error) {
      if (error === undefined) log.info({}, 'the call history is written again')
      else log.warn({ error }, 'the call history cannot be written; it is kept in memory within its bound, and tried again')
    },
    onContentLost: once(() => log.warn({}, 'what some requests said is not kept: too much waits to be written')),
    onLost: (error, count) => log.error({ error, count }, 'rows of the call history are lost'),
  })
  let stop = () => {}
  return {
    sink: writer,
    entryOf,
    store,
    start() {
      stop = keepHistory({
        store,
        settings: () => snapshot().history,
        written: () => writer.written,
        now: Date.now,
        every(milliseconds, callback) {
          const timer = setInterval(callback, milliseconds).unref()
          return () => clearInterval(timer)
        },
        onError: (error) => log.warn({ error }, 'the call history could not be kept within its bounds; it is tried again'),
      })
    },
    flush: () => writer.flush(),
    async close() {
      stop()
      await writer.close()
      await store.close()
    },
  }
}

/** Said once in a process: it may be so for each request. */
function once(say: () => void): () => void {
  let said = false
  return () => {
    if (!said) say()
    said = true
  }
}
