import { StoreError } from '../store-error.ts'
import type { StoreLog } from '../store-log.ts'
import { isDiskFault, sqliteFault } from './sqlite-fault.ts'
import type { WorkerData, WorkerReply, WorkerRequest } from './worker-protocol.ts'

/** Where requests come from and answers go: of node:worker_threads' MessagePort, or of a process. */
export interface ServerPort {
  on(event: 'message', listener: (request: WorkerRequest) => void): unknown
  postMessage(reply: WorkerReply, transfer: never[]): void
  close(): void
}

/** A database while a worker has it open. */
export interface WorkerSession {
  /** By name; `close` is among them. */
  readonly methods: object
  /** Several calls of `commit` at once: for each what it answers, or why it was refused. */
  readonly commitAll?: (commits: readonly unknown[]) => Promise<readonly (number | StoreError)[]>
  /** What nobody waits for. */
  readonly afterwards?: (now: number) => void
}

export interface ServedDatabase {
  /** Name of its file, for messages. */
  readonly file: string
  /** Methods that change something. */
  readonly writes: readonly string[]
  /** Throws what SQLite and the file system throw, and StoreErrors. */
  readonly open: (data: WorkerData, log: Pick<StoreLog, 'warn'>, now: number) => Promise<WorkerSession>
}

/** Commits that are made together at most, when many wait. */
const BATCH = 64

/** Answers requests in the order in which they come; commits that wait together wait for the disk once. */
export class WorkerServer {
  readonly #port: ServerPort
  readonly #data: WorkerData
  readonly #database: ServedDatabase
  readonly #waiting: WorkerRequest[] = []
  #session: WorkerSession | undefined
  #working = false

  constructor(port: ServerPort, data: WorkerData, database: ServedDatabase) {
    this.#port = port
    this.#data = data
    this.#database = database
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
      this.#session ??= await this.#database.open(this.#data, this.#log, first.now)
      if (requests.length === 1) this.#reply({ id: first.id, value: await call(this.#session, first) })
      else await this.#commitAll(this.#session, requests)
      this.#session.afterwards?.(first.now)
    } catch (error) {
      for (const { id, method } of requests) this.#refuse(id, error, this.#database.writes.includes(method) ? 'write to' : 'read from')
    }
  }

  async #commitAll(session: WorkerSession, requests: readonly WorkerRequest[]): Promise<void> {
    const results = (await session.commitAll?.(requests.map(({ parameters }) => parameters[0]))) ?? []
    for (const [index, { id }] of requests.entries()) {
      const result = results[index]
      if (typeof result === 'number') this.#reply({ id, value: result })
      else this.#refuse(id, result, 'write to')
    }
  }

  async #close({ id }: WorkerRequest): Promise<void> {
    try {
      const last = this.#session && (await call(this.#session, { method: 'close', parameters: [] }))
      this.#reply({ id, value: last })
    } catch (error) {
      this.#refuse(id, error, 'close')
    } finally {
      this.#port.close()
    }
  }

  #refuse(id: number, error: unknown, operation: string): void {
    const { kind, message } = sqliteFault(error, operation, this.#database.file)
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

function call({ methods }: WorkerSession, { method, parameters }: Pick<WorkerRequest, 'method' | 'parameters'>): Promise<unknown> {
  const run: unknown = Reflect.get(methods, method)
  if (typeof run !== 'function') throw new TypeError('There is no such method')
  return Promise.resolve(Reflect.apply(run, methods, [...parameters]))
}
