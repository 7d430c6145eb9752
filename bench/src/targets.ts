import { mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CoreLayout } from './core-layout.ts'
import { findOnPath } from './find-on-path.ts'
import { findFreePort } from './free-port.ts'
import { gatewayConfig, type Telemetry } from './gateway-config.ts'
import { nginxConfig } from './nginx.ts'
import type { ProcessOrder, Processes, RunningProcess } from './processes.ts'
import type { TargetName } from './window.ts'

export interface Target {
  readonly name: TargetName
  readonly port: number
  readonly process: RunningProcess
}

export interface TargetOptions {
  readonly processes: Processes
  readonly layout: CoreLayout
  /** A folder of this run's own, for configs and temporary files. */
  readonly folder: string
  readonly signal: AbortSignal
}

/** The key that the gateway asks for; the others are sent it too and do not care. */
export const BENCH_KEY = 'bench-key-that-protects-nothing'

const READY_LIMIT_MS = 20_000
const READY_POLL_MS = 50

export async function startMock({ processes, layout }: TargetOptions): Promise<Target> {
  return startChild('direct', processes.start(nodeOrder(layout.mock, [childFile('mock-upstream')]), 'read'))
}

export async function startBareProxy(options: TargetOptions, mock: Target): Promise<Target> {
  const { processes, layout } = options
  const order = withCache(options, nodeOrder(layout.target, [childFile('bare-proxy'), `http://127.0.0.1:${mock.port}`]))
  const first = await startChild('bare', processes.start(order, 'read'))
  await first.process.stop()
  return startChild('bare', processes.start(order, 'read'))
}

/** undefined where nginx is not installed. */
export async function startNginx({ processes, layout, folder, signal }: TargetOptions, mock: Target): Promise<Target | undefined> {
  const command = findOnPath('nginx')
  if (command === undefined) return undefined
  const port = await findFreePort()
  const home = join(folder, 'nginx')
  mkdirSync(home, { recursive: true })
  const file = join(home, 'nginx.conf')
  writeFileSync(file, nginxConfig({ folder: home, port, upstreamPort: mock.port }))
  const running = processes.start({ command, args: ['-p', home, '-c', file], core: layout.target }, 'quiet')
  const target: Target = { name: 'nginx', port, process: running }
  await untilReady(target, '/health', signal)
  return target
}

export interface GatewayOrder {
  readonly name?: TargetName
  /** Go to Node itself, as `--cpu-prof` does. */
  readonly nodeArgs?: readonly string[]
  readonly telemetry?: Telemetry
}

export async function startGateway(options: TargetOptions, mock: Target, order: GatewayOrder = {}): Promise<Target> {
  const { processes, layout, folder, signal } = options
  const { name = 'gateway', nodeArgs = [], telemetry } = order
  const file = join(folder, `${name}.yaml`)
  const main = join(import.meta.dirname, '../../gateway/src/jairouter.cjs')
  const start = async (args: readonly string[]): Promise<Target> => {
    const port = await findFreePort()
    writeFileSync(file, gatewayConfig({ port, upstreamPort: mock.port, key: BENCH_KEY, data: join(folder, `data-${name}`), telemetry }))
    const command = withCache(options, nodeOrder(layout.target, [...args, main, 'serve', '--config', file]))
    const target: Target = { name, port, process: processes.start(command, 'quiet') }
    await untilReady(target, '/health/ready', signal)
    return target
  }
  const first = await start([])
  await first.process.stop()
  return start(nodeArgs)
}

/**
 * Node programs are started twice, over one compile cache: the second start finds its TypeScript stripped, as an installed gateway's
 * is, and does not hold the stripper in its memory.
 */
function withCache({ folder }: TargetOptions, order: ProcessOrder): ProcessOrder {
  return { ...order, environment: { NODE_COMPILE_CACHE: join(folder, 'compiled') } }
}

/** The same Node for everything that is measured against each other. */
export function nodeOrder(core: number | undefined, args: readonly string[]): ProcessOrder {
  return { command: process.execPath, args, core }
}

export function childFile(name: string): string {
  return join(import.meta.dirname, 'children', `${name}.ts`)
}

async function startChild(name: TargetName, running: RunningProcess): Promise<Target> {
  const { port } = JSON.parse(await running.firstLine()) as { port: number }
  return { name, port, process: running }
}

async function untilReady({ name, port, process: running }: Target, path: string, signal: AbortSignal): Promise<void> {
  const endAt = Date.now() + READY_LIMIT_MS
  let last = 'no answer'
  while (Date.now() < endAt) {
    signal.throwIfAborted()
    if (running.exited !== undefined) throw new Error(running.exited)
    last = await statusOf(port, path)
    if (last === '200') return
    await sleep(READY_POLL_MS, undefined, { signal })
  }
  throw new Error(`${name} was not ready within ${READY_LIMIT_MS / 1000} s: ${last}`)
}

function statusOf(port: number, path: string): Promise<string> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, path, agent: false, timeout: 1000 }, (response) => {
      response.resume()
      response.once('end', () => resolve(String(response.statusCode)))
      response.once('error', (error) => resolve(error.message))
    })
    call.once('timeout', () => call.destroy(new Error('no answer within 1 s')))
    call.once('error', (error) => resolve(error.message))
    call.end()
  })
}
