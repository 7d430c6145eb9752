import { flushCompileCache } from 'node:module'
import { DATABASE } from './database-file.ts'
import { SqliteSession } from './sqlite-session.ts'
import type { WorkerData, WorkerReply, WorkerRequest } from './worker-protocol.ts'
import { WorkerServer } from './worker-server.ts'

const database = { file: DATABASE, writes: ['commit'], open: SqliteSession.open }

let unsent = 0
let closed = false

function end(): void {
  flushCompileCache()
  process.exit()
}

/** What is waiting when the gateway dies is not begun, as with a thread. */
process.on('disconnect', end)

const port = {
  on: (_event: 'message', listener: (request: WorkerRequest) => void) => process.on('message', listener),
  postMessage(reply: WorkerReply): void {
    unsent += 1
    process.send?.(reply, () => {
      unsent -= 1
      if (closed && unsent === 0) end()
    })
  },
  close(): void {
    closed = true
    if (unsent === 0) end()
  },
}

// As `startProcess` has written it.
new WorkerServer(port, JSON.parse(process.argv[2] ?? '') as WorkerData, database).start()
