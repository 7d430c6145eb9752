import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ConfigInput } from '@jairouter/contract/config'
import { ask } from '../../../gateway/test/support/ask.ts'
import { findFreePort } from '../free-port.ts'
import { childFile, nodeOrder } from '../targets.ts'
import type { ProofContext } from './proof.ts'

export interface ProvenGateway {
  readonly url: string
  readonly pid: number
  /** Heap and what lies beside it, after a collection. */
  memoryBytes(): Promise<number>
  residentBytes(): Promise<number>
  /** The ids of the requests in its access log. */
  loggedIds(): ReadonlySet<string>
  /** SIGTERM, and no more than that. Resolves when it is gone, with what it ended with. */
  terminate(): Promise<string>
  stop(): Promise<void>
}

const READY_LIMIT_MS = 20_000
const EXIT_LIMIT_MS = 60_000
const POLL_MS = 20
const MAIN = join(import.meta.dirname, '../../../gateway/src/jairouter.cjs')

/** The gateway as a user runs it, in a process of its own; its log goes to a file. `more`: of its environment. */
export async function startProven(
  { processes, layout, folder, signal }: ProofContext,
  config: ConfigInput,
  more: Readonly<Record<string, string>> = {},
): Promise<ProvenGateway> {
  const [port, door] = [await findFreePort(), await findFreePort()]
  const file = join(folder, `proven-${port}.yaml`)
  const logFile = join(folder, `proven-${port}.log`)
  writeFileSync(file, JSON.stringify({ store: { path: join(folder, `data-${port}`) }, ...config, server: { ...config.server, port } }))
  const { command, args } = nodeOrder(undefined, ['--expose-gc', '--import', childFile('memory-door'), MAIN, 'serve', '--config', file])
  // The shell becomes the gateway: its pid, its signals, but with the log in a file.
  const shell = { command: '/bin/sh', args: ['-c', 'exec "$0" "$@" > "$PROVEN_LOG"', command, ...args] }
  const environment = { PROVEN_LOG: logFile, MEMORY_DOOR: String(door), ...more }
  const running = processes.start({ ...shell, core: layout.target, environment }, 'quiet')
  const url = `http://127.0.0.1:${port}`
  const usage = async () => toUsage(JSON.parse((await ask(`http://127.0.0.1:${door}`)).text))
  await untilLive()

  async function untilLive(): Promise<void> {
    for (let waitedMs = 0; waitedMs < READY_LIMIT_MS; waitedMs += POLL_MS) {
      signal.throwIfAborted()
      if (running.exited !== undefined) throw new Error(running.exited)
      const status = await ask(`${url}/health/live`).then(
        (answer) => answer.status,
        () => 0,
      )
      if (status === 200) return
      await delay(POLL_MS)
    }
    throw new Error('the gateway does not listen')
  }

  return {
    url,
    pid: running.pid,
    memoryBytes: async () => (await usage()).memoryBytes,
    residentBytes: async () => (await usage()).residentBytes,
    loggedIds: () => idsOf(readFileSync(logFile, 'utf8')),
    async terminate() {
      process.kill(running.pid, 'SIGTERM')
      for (let waitedMs = 0; waitedMs < EXIT_LIMIT_MS; waitedMs += POLL_MS) {
        if (running.exited !== undefined) return running.exited
        await delay(POLL_MS)
      }
      throw new Error('the gateway does not end')
    },
    stop: () => running.stop(),
  }
}

function toUsage(value: unknown): { memoryBytes: number; residentBytes: number } {
  const { heapUsed, external, rss } = value as NodeJS.MemoryUsage
  return { memoryBytes: heapUsed + external, residentBytes: rss }
}

function idsOf(log: string): ReadonlySet<string> {
  return new Set([...log.matchAll(/"id":"([^"]+)"/g)].map(([, id = '']) => id))
}
