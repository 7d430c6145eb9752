import { Worker } from 'node:worker_threads'
import type { SqliteStoreOptions } from '../../src/store/sqlite/sqlite-store.ts'

export interface FaultySqlite {
  readonly start: NonNullable<SqliteStoreOptions['start']>
  /** From now on no commit goes through: SQLite says this (https://sqlite.org/rescode.html). 0: all is well again. */
  failWith(result: number): void
}

/** The thread of a SQLite store, with faults of the disk in between. */
export function faultySqlite(): FaultySqlite {
  const result = new Int32Array(new SharedArrayBuffer(4))
  const script = new URL('faulty-sqlite-worker.ts', import.meta.url)
  return {
    start: (workerData) => new Worker(script, { workerData: { ...workerData, result }, execArgv: [] }),
    failWith: (code) => void Atomics.store(result, 0, code),
  }
}
