import type { WorkerData, WorkerReply, WorkerRequest } from './worker-protocol.ts'

/** Who has the database open, a thread or a process: what a client needs of a Worker of node:worker_threads. */
export interface DatabaseRunner {
  postMessage(request: WorkerRequest, transfer: never[]): void
  on(event: 'message', listener: (reply: WorkerReply) => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  on(event: 'exit', listener: () => void): unknown
  ref(): void
  unref(): void
}

export type StartRunner = (data: WorkerData) => DatabaseRunner
