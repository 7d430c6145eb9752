import { Worker } from 'node:worker_threads'
import { StoreError } from '../store-error.ts'
import type { StoreLog } from '../store-log.ts'
import type { DatabaseRunner, StartRunner } from './database-runner.ts'
import type { AnyMethods, WorkerData, WorkerMethods, WorkerReply, WorkerRequest } from './worker-protocol.ts'

/** A worker costs memory: without work it ends after this. */
const IDLE_MS = 30_000
/** A process is for who asks seldom. */
const IDLE_APART_MS = 5_000

export interface WorkerClientOptions {
  readonly folder: string
  readonly now: () => number
  readonly log: StoreLog
  readonly idleMs?: number
  readonly readOnly?: boolean
  /** Its code. Default: the store's. */
  readonly script?: URL
  readonly start?: StartRunner
  /** Told what `close` has answered: at an end without work, too. */
  readonly onEnd?: (last: unknown) => void
  /** Asked first each time: another one than `start` would give, or undefined where that one is wanted. */
  readonly startApart?: (data: WorkerData) => DatabaseRunner | undefined
}

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: StoreError) => void
}

interface Running {
  readonly worker: DatabaseRunner
  readonly idleMs: number
  readonly pending: Map<number, Pending>
  readonly ended: Promise<void>
}

/** The database's thread, as seen from the gateway: there while it is needed. One that dies takes down only what it was doing. */
export class WorkerClient<Methods extends AnyMethods<Methods> = WorkerMethods> {
  readonly #options: WorkerClientOptions
  #running: Running | undefined
  #ending: Promise<unknown> = Promise.resolve()
  #idle: NodeJS.Timeout | undefined
  #requests = 0
  #first = true
  #rewrite = false

  constructor(options: WorkerClientOptions) {
    this.#options = options
  }

  call<Method extends keyof Methods & string>(method: Method, ...parameters: Parameters<Methods[Method]>): ReturnType<Methods[Method]> {
    clearTimeout(this.#idle)
    this.#running ??= this.#start()
    // The worker's answer is what the method of that name returns.
    return this.#send(this.#running, method, parameters) as ReturnType<Methods[Method]>
  }

  /** Everything that was asked for is answered first. */
  async close(): Promise<void> {
    this.#end()
    await this.#ending
  }

  #send({ worker, pending }: Running, method: string, parameters: readonly unknown[]): Promise<unknown> {
    this.#requests += 1
    const request: WorkerRequest = { id: this.#requests, method, parameters, now: this.#options.now() }
    return new Promise((resolve, reject) => {
      if (pending.size === 0) worker.ref()
      pending.set(request.id, { resolve, reject })
      worker.postMessage(request, [])
    })
  }

  #start(): Running {
    const { folder, readOnly = false } = this.#options
    const data: WorkerData = { folder, readOnly, first: this.#first && !readOnly, rewrite: this.#rewrite }
    const apart = this.#options.startApart?.(data)
    const worker: DatabaseRunner = apart ?? (this.#options.start ?? ((given) => startWorker(given, this.#options.script)))(data)
    const idleMs = this.#options.idleMs ?? (apart === undefined ? IDLE_MS : IDLE_APART_MS)
    const pending = new Map<number, Pending>()
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    const running = { worker, idleMs, pending, ended }
    const fail = () => {
      if (this.#running === running) this.#running = undefined
      for (const { reject } of pending.values())
        reject(new StoreError('unavailable', 'The thread of the store has ended; whether the last commit was written is not known'))
      pending.clear()
      resolve()
    }
    worker.on('message', (reply: WorkerReply) => this.#receive(running, reply))
    worker.on('error', (error) => this.#options.log.warn({ err: error }, 'the thread of the store failed'))
    worker.on('exit', fail)
    return running
  }

  #receive(running: Running, reply: WorkerReply): void {
    if ('warning' in reply) {
      this.#options.log.warn(reply.warning.fields, reply.warning.message)
      return
    }
    const waiting = running.pending.get(reply.id)
    running.pending.delete(reply.id)
    if ('error' in reply) {
      waiting?.reject(new StoreError(reply.error.kind, reply.error.message))
      if (reply.fatal) this.#abandon(running, reply.rewrite)
    } else {
      this.#first = false
      this.#rewrite = false
      waiting?.resolve(reply.value)
    }
    if (running.pending.size > 0 || this.#running !== running) return
    running.worker.unref()
    this.#idle = setTimeout(() => this.#end(), running.idleMs).unref()
  }

  /** The next call gets another one. */
  #abandon(running: Running, rewrite: boolean): void {
    this.#rewrite ||= rewrite
    if (this.#running !== running) return
    this.#end()
  }

  #end(): void {
    clearTimeout(this.#idle)
    const running = this.#running
    if (running === undefined) return
    this.#running = undefined
    const closed = this.#send(running, 'close', []).then((last) => this.#options.onEnd?.(last))
    this.#ending = Promise.allSettled([this.#ending, closed, running.ended])
  }
}

function startWorker(workerData: WorkerData, script = new URL('sqlite-worker.cjs', import.meta.url)): Worker {
  return new Worker(script, { workerData, execArgv: [], name: 'store' })
}
