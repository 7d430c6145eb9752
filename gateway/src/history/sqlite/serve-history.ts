import { parentPort, workerData } from 'node:worker_threads'
import type { WorkerData } from '../../store/sqlite/worker-protocol.ts'
import { WorkerServer } from '../../store/sqlite/worker-server.ts'
import { HISTORY_DATABASE } from './history-protocol.ts'
import { HistorySession } from './history-session.ts'

const database = { file: HISTORY_DATABASE, writes: ['write', 'trim'], open: HistorySession.open }

if (parentPort !== null) new WorkerServer(parentPort, workerData as WorkerData, database).start()
