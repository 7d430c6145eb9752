import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { StoreError } from '../store-error.ts'
import type { StoreLog } from '../store-log.ts'
import { isDiskFault, sqliteFault } from './sqlite-fault.ts'
import { SqliteSession } from './sqlite-session.ts'
import type { WorkerData, WorkerReply, WorkerRequest } from './worker-protocol.ts'

/** Answers requests one after the other, in the order in which they come. */
function serve(port: MessagePort, data: WorkerData): void {
  const reply = (message: WorkerReply) => port.postMessage(message)
  const log: Pick<StoreLog, 'warn'> = { warn: (fields, message) => reply({ warning: { fields, message } }) }
  let session: SqliteSession | undefined
  let queue: Promise<void> = Promise.resolve()

  const answer = async ({ id, method, parameters, now }: WorkerRequest): Promise<void> => {
    try {
      if (method === 'close') {
        await session?.methods.close()
        reply({ id, value: undefined })
        return
      }
      session ??= await SqliteSession.open(data, log, now)
      const call: unknown = Reflect.get(session.methods, method)
      if (typeof call === 'function') reply({ id, value: await Reflect.apply(call, session.methods, [...parameters]) })
      session.afterwards(now)
    } catch (error) {
      const { kind, message } = sqliteFault(error, method === 'commit' ? 'write to' : 'read from')
      const rewrite = isDiskFault(error)
      const fatal = session === undefined || rewrite || (error instanceof StoreError && kind === 'unavailable')
      reply({ id, error: { kind, message }, fatal, rewrite })
    } finally {
      if (method === 'close') port.close()
    }
  }

  port.on('message', (request: WorkerRequest) => {
    queue = queue.then(() => answer(request))
  })
}

if (parentPort !== null) serve(parentPort, workerData as WorkerData)
