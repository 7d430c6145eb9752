import { fork, type ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { DatabaseRunner } from './database-runner.ts'
import type { WorkerData, WorkerRequest } from './worker-protocol.ts'

/**
 * A process that has the database open, as a thread would: for the start of a gateway, which asks it much and then for a long
 * time nothing. What a thread took is not all given back when it ends (allocators keep it); a process takes it with it.
 * Undefined where none can be started.
 */
export function startProcess(data: WorkerData): DatabaseRunner | undefined {
  try {
    const child = fork(fileURLToPath(new URL('sqlite-process.cjs', import.meta.url)), [JSON.stringify(data)], {
      // Values cross as they do to a thread.
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    if (child.pid !== undefined) return new ProcessRunner(child)
    child.on('error', () => {})
  } catch {
    // Not permitted, or not possible.
  }
  return undefined
}

class ProcessRunner extends EventEmitter implements DatabaseRunner {
  readonly #child: ChildProcess

  constructor(child: ChildProcess) {
    super()
    this.#child = child
    child.on('message', (reply) => this.emit('message', reply))
    // 'exit' tells of its end.
    child.on('error', () => {})
    // It may have ended before its last answers are read: they have been when the channel ends, too.
    let left = 2
    const gone = () => {
      left -= 1
      if (left === 0) this.emit('exit')
    }
    child.once('exit', gone)
    child.once('disconnect', gone)
  }

  postMessage(request: WorkerRequest): void {
    // What can't be sent is not answered: 'exit' comes instead.
    this.#child.send(request, () => {})
  }

  ref(): void {
    this.#child.ref()
    this.#child.channel?.ref()
  }

  unref(): void {
    this.#child.unref()
    this.#child.channel?.unref()
  }
}
