import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import type { PreparedWrite } from '../prepare.ts'
import { StoreError } from '../store-error.ts'
import type { StoreLog } from '../store-log.ts'
import { isDiskFault, sqliteFault } from './sqlite-fault.ts'
import { SqliteSession } from './sqlite-session.ts'
import type { WorkerData, WorkerReply, WorkerRequest } from './worker-protocol.ts'

/** Commits that are made together at most, when many wait. */
const BATCH = 64

/** Answers requests in the order in which they come; commits that wait together wait for the disk once. */
class Server {
  readonly #port: MessagePort
  readonly #data: WorkerData
  readonly #waiting: WorkerRequest[] = []
  #session: SqliteSession | undefined
  #working = false

  constructor(port: MessagePort, data: WorkerData) {
    this.#port = port
    this.#data = data
  }

  start(): void {
    this.#port.on('message', (request: WorkerRequest) => {
      this.#waiting.push(request)
      if (!this.#working) void this.#work()
    })
  }

  async #work(): Promise<void> {
    this.#working = true
    while (this.#waiting.length > 0) {
      // Lets those come in that are under way.
      await new Promise(setImmediate)
      const others = this.#waiting.findIndex(({ method }) => method !== 'commit')
      const commits = Math.min(BATCH, others === -1 ? this.#waiting.length : others)
      const requests = this.#waiting.splice(0, Math.max(1, commits))
      await this.#answer(requests)
    }
    this.#working = false
  }

  /** One, or several commits. */
  async #answer(requests: readonly WorkerRequest[]): Promise<void> {
    const [first] = requests
    if (first === undefined) return
    if (first.method === 'close') {
      await this.#close(first)
      return
    }
    try {
      this.#session ??= await SqliteSession.open(this.#data, this.#log, first.now)
      if (requests.length === 1) this.#reply({ id: first.id, value: await call(this.#session, first) })
      else await this.#commitAll(this.#session, requests)
      this.#session.afterwards(first.now)
    } catch (error) {
      for (const { id, method } of requests) this.#refuse(id, error, method === 'commit' ? 'write to' : 'read from')
    }
  }

  async #commitAll(session: SqliteSession, requests: readonly WorkerRequest[]): Promise<void> {
    const results = await session.commitAll(requests.map(({ parameters }) => parameters[0] as readonly PreparedWrite[]))
    for (const [index, { id }] of requests.entries()) {
      const result = results[index]
      if (typeof result === 'number') this.#reply({ id, value: result })
      else this.#refuse(id, result, 'write to')
    }
  }

  async #close({ id }: WorkerRequest): Promise<void> {
    try {
      await this.#session?.methods.close()
      this.#reply({ id, value: undefined })
    } catch (error) {
      this.#refuse(id, error, 'close')
    } finally {
      this.#port.close()
    }
  }

  #refuse(id: number, error: unknown, operation: string): void {
    const { kind, message } = sqliteFault(error, operation)
    const rewrite = isDiskFault(error)
    const fatal = this.#session === undefined || rewrite || (error instanceof StoreError && kind === 'unavailable')
    this.#reply({ id, error: { kind, message }, fatal, rewrite })
  }

  #reply(message: WorkerReply): void {
    this.#port.postMessage(message, [])
  }

  get #log(): Pick<StoreLog, 'warn'> {
    return { warn: (fields, message) => this.#reply({ warning: { fields, message } }) }
  }
}

function call({ methods }: SqliteSession, { method, parameters }: WorkerRequest): Promise<unknown> {
  const run: unknown = Reflect.get(methods, method)
  if (typeof run !== 'function') throw new TypeError('There is no such method')
  return Promise.resolve(Reflect.apply(run, methods, [...parameters]))
}

if (parentPort !== null) new Server(parentPort, workerData as WorkerData).start()
