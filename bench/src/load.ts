import { createRequire } from 'node:module'
import { join } from 'node:path'
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseAutocannonOutput } from './autocannon.ts'
import type { CoreLayout } from './core-layout.ts'
import { PACE_MS, requestBody, STREAM_TOKENS } from './exchange-bodies.ts'
import { findOnPath } from './find-on-path.ts'
import type { LoadResult } from './load-result.ts'
import type { ProbeOrder } from './probe-order.ts'
import type { Processes } from './processes.ts'
import type { Scenario } from './scenarios.ts'
import { BENCH_KEY, childFile, nodeOrder, type Target } from './targets.ts'
import { parseWrkOutput, wrkScript } from './wrk.ts'

export interface LoadOptions {
  readonly processes: Processes
  readonly layout: CoreLayout
  readonly folder: string
  readonly signal: AbortSignal
}

export interface Loader {
  /** For the report. */
  readonly description: string
  /** Sends one scenario's load to a target for some whole seconds. */
  run(scenario: Scenario, target: Target, seconds: number): Promise<LoadResult>
}

const PATH = '/v1/chat/completions'
const HEADERS = { 'content-type': 'application/json', authorization: `Bearer ${BENCH_KEY}` }
/** A load generator that is this much late is stuck. */
const GRACE_MS = 15_000

/** wrk where it is installed, else autocannon; the probe for time to first token, and for one connection where there is no wrk. */
export function createLoader({ processes, layout, folder, signal }: LoadOptions): Loader {
  const wrk = findOnPath('wrk')
  mkdirSync(folder, { recursive: true })
  for (const kind of ['small', 'large', 'stream', 'paced-stream'] as const) {
    writeFileSync(bodyFile(kind), requestBody(kind))
    writeFileSync(scriptFile(kind), wrkScript({ bodyFile: bodyFile(kind), headers: HEADERS }))
  }
  return {
    description: wrk === undefined ? 'autocannon, for want of wrk (latencies in whole ms above 1 connection)' : 'wrk -t1',
    run(scenario, target, seconds) {
      if (scenario.client === 'probe') return runProbe(scenario, target, seconds)
      if (wrk !== undefined) return runWrk(wrk, scenario, target, seconds)
      return scenario.connections === 1 ? runProbe(scenario, target, seconds) : runAutocannon(scenario, target, seconds)
    },
  }

  async function runWrk(command: string, { connections, body }: Scenario, { port }: Target, seconds: number): Promise<LoadResult> {
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', scriptFile(body), `http://127.0.0.1:${port}${PATH}`]
    return parseWrkOutput(await processes.run({ command, args, core: layout.load }, seconds * 1000 + GRACE_MS, signal))
  }

  async function runAutocannon({ connections, body }: Scenario, { port }: Target, seconds: number): Promise<LoadResult> {
    const headers = Object.entries(HEADERS).flatMap(([name, value]) => ['-H', `${name}=${value}`])
    const script = createRequire(import.meta.url).resolve('autocannon')
    const url = `http://127.0.0.1:${port}${PATH}`
    const args = [script, '-j', '-n', '-c', String(connections), '-d', String(seconds), '-m', 'POST', ...headers, '-i', bodyFile(body), url]
    return parseAutocannonOutput(await processes.run(nodeOrder(layout.load, args), seconds * 1000 + GRACE_MS, signal))
  }

  async function runProbe({ connections, body }: Scenario, { port }: Target, seconds: number): Promise<LoadResult> {
    const order: ProbeOrder = {
      port,
      path: PATH,
      headers: HEADERS,
      bodyFile: bodyFile(body),
      connections,
      durationMs: seconds * 1000,
      // Spread over the length of one stream.
      staggerMs: body === 'paced-stream' ? (STREAM_TOKENS * PACE_MS) / connections : 0,
    }
    const args = [childFile('probe-client'), JSON.stringify(order)]
    return JSON.parse(await processes.run(nodeOrder(layout.load, args), seconds * 1000 + GRACE_MS, signal)) as LoadResult
  }

  function bodyFile(kind: Scenario['body']): string {
    return join(folder, `${kind}.json`)
  }

  function scriptFile(kind: Scenario['body']): string {
    return join(folder, `${kind}.lua`)
  }
}
