import { spawn, type ChildProcess } from 'node:child_process'

export interface ProcessOrder {
  readonly command: string
  readonly args: readonly string[]
  /** The core that it may use; any when left out. */
  readonly core: number | undefined
  /** Beside the environment of the bench. */
  readonly environment?: Readonly<Record<string, string>>
}

export interface RunningProcess {
  readonly pid: number
  /** The first line of its stdout. Rejects when it ends before that, or says nothing for 15 s. */
  firstLine(): Promise<string>
  /** undefined while it runs. */
  readonly exited: string | undefined
  /** SIGTERM, and SIGKILL when that does not help within 5 s. Resolves when it is gone. */
  stop(): Promise<void>
}

const START_LIMIT_MS = 15_000
const STOP_LIMIT_MS = 5_000
const ERROR_TEXT_CHARACTERS = 2000

/** The processes that this run has started: nothing else is ever sent a signal. */
export class Processes {
  readonly #running = new Set<RunningProcess>()

  /** Starts a target or the mock. `quiet` sends its stdout to /dev/null, where writing is as cheap as it can be but is done. */
  start(order: ProcessOrder, stdout: 'quiet' | 'read'): RunningProcess {
    const child = spawnPinned(order, stdout)
    const running = toRunning(child, order.command)
    this.#running.add(running)
    child.once('close', () => this.#running.delete(running))
    return running
  }

  /** Runs a load generator to its end; returns its stdout. Rejects when it fails, is too slow, or the signal aborts. */
  async run(order: ProcessOrder, limitMs: number, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted()
    const child = spawnPinned(order, 'read')
    const running = toRunning(child, order.command)
    this.#running.add(running)
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
    const onAbort = () => child.kill('SIGKILL')
    signal.addEventListener('abort', onAbort)
    try {
      let output = ''
      child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
      await new Promise((resolve) => child.once('close', resolve))
      signal.throwIfAborted()
      if (child.exitCode !== 0) throw new Error(running.exited)
      return output
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      this.#running.delete(running)
    }
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running].map((running) => running.stop()))
  }
}

function spawnPinned({ command, args, core, environment = {} }: ProcessOrder, stdout: 'quiet' | 'read'): ChildProcess {
  const [file, fileArgs] = core === undefined ? [command, args] : ['taskset', ['-c', String(core), command, ...args]]
  // taskset becomes the command (exec): the child's pid is the command's own.
  return spawn(file, fileArgs, { stdio: ['pipe', stdout === 'quiet' ? 'ignore' : 'pipe', 'pipe'], env: { ...process.env, ...environment } })
}

function toRunning(child: ChildProcess, name: string): RunningProcess {
  let errorText = ''
  let exited: string | undefined
  child.stderr?.on('data', (chunk: Buffer) => (errorText = (errorText + chunk.toString()).slice(-ERROR_TEXT_CHARACTERS)))
  child.once('error', (error) => (exited = `${name} could not be started: ${error.message}`))
  child.once('close', (code, signal) => (exited ??= `${name} ended (${signal ?? code}): ${errorText.trim()}`))
  // A child that is gone does not read its stdin.
  child.stdin?.on('error', () => {})
  return {
    pid: child.pid ?? 0,
    get exited() {
      return exited
    },
    firstLine: () => readFirstLine(child, () => exited ?? `${name} said nothing`),
    async stop() {
      if (exited !== undefined) return
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      const gone = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGTERM')
      await gone
      clearTimeout(timer)
    },
  }
}

function readFirstLine(child: ChildProcess, why: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const fail = () => reject(new Error(why()))
    const timer = setTimeout(fail, START_LIMIT_MS)
    child.once('close', () => {
      clearTimeout(timer)
      fail()
    })
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const end = text.indexOf('\n')
      if (end === -1) return
      clearTimeout(timer)
      resolve(text.slice(0, end))
    })
  })
}
