import { parentPort, workerData } from 'node:worker_threads'
import { DATABASE } from './database-file.ts'
import { SqliteSession } from './sqlite-session.ts'
import type { WorkerData } from './worker-protocol.ts'
import { WorkerServer } from './worker-server.ts'

const database = { file: DATABASE, writes: ['commit'], open: SqliteSession.open }

if (parentPort !== null) new WorkerServer(parentPort, workerData as WorkerData, database).start()
