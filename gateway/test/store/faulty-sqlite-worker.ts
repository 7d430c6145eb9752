import { StatementSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { DATABASE } from '../../src/store/sqlite/database-file.ts'
import { SqliteSession } from '../../src/store/sqlite/sqlite-session.ts'
import type { WorkerData } from '../../src/store/sqlite/worker-protocol.ts'
import { WorkerServer } from '../../src/store/sqlite/worker-server.ts'

/** The store's thread over a disk with faults: SQLite gives its result codes (https://sqlite.org/rescode.html) where it would have to write. */
const { result, ...data } = workerData as WorkerData & { readonly result: Int32Array }

const run = StatementSync.prototype.run
StatementSync.prototype.run = function (this: StatementSync, ...parameters: never[]) {
  const code = Atomics.load(result, 0)
  if (code !== 0 && this.sourceSQL === 'commit')
    throw Object.assign(new Error(`SQLite says ${code}`), { code: 'ERR_SQLITE_ERROR', errcode: code })
  return Reflect.apply(run, this, parameters)
}

if (parentPort !== null) new WorkerServer(parentPort, data, { file: DATABASE, writes: ['commit'], open: SqliteSession.open }).start()
