/**
 * What all telemetry costs: `npm run bench:telemetry -- [ROUNDS] [SECONDS] [SCENARIO...]`. Two gateways in turns, under the same load:
 * one with metrics, access log, call history on SQLite, decisions kept, and a tenth of the traces sent to a receiver; one with nothing of
 * it, not even metrics. All of a gateway is on one core, the thread that writes its history too: what a second core would take off it counts.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ratioOf, valuesOf } from './compare.ts'
import { detectLayout } from './core-layout.ts'
import { createLoader } from './load.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { measure, warmUp } from './measure.ts'
import { Processes } from './processes.ts'
import { SCENARIOS } from './scenarios.ts'
import { spreadOf, type Spread } from './statistics.ts'
import { childFile, nodeOrder, startGateway, startMock } from './targets.ts'

const LIMIT_MS = 900_000
const WARM_UP_SECONDS = 3
const LEAD_SECONDS = 2
/** Of the throughput that there is without. */
const LEAST_SHARE = 0.8

const [rounds = 5, seconds = 4] = process.argv.slice(2, 4).map(Number)
const wanted = process.argv.slice(4)
const scenarios = SCENARIOS.filter(({ id }) => (wanted.length === 0 ? id === 'json-small-32' || id === 'sse-16' : wanted.includes(id)))

const processes = new Processes()
const folder = mkdtempSync(join(tmpdir(), 'jairouter-telemetry-cost-'))
const context = { processes, layout: detectLayout(), folder, signal: AbortSignal.timeout(LIMIT_MS) }
try {
  process.exitCode = await run()
} finally {
  await processes.stopAll()
  rmSync(folder, { recursive: true, force: true })
}

async function run(): Promise<number> {
  const { cpu, cores, kernel, node } = describeMachine()
  const { commit, changed } = describeCommit()
  print(`${cpu}, ${cores} cores, ${kernel}, Node ${node}, commit ${commit}${changed ? ' with changes' : ''}; ${context.layout.description}`)
  const loader = createLoader(context)
  const mock = await startMock(context)
  const sink = processes.start(nodeOrder(context.layout.load, [childFile('trace-sink')]), 'read')
  const { port } = JSON.parse(await sink.firstLine()) as { port: number }
  const without = await startGateway(context, mock, {
    name: 'silent',
    telemetry: 'none',
    nodeArgs: ['--import', childFile('without-metrics')],
  })
  const all = await startGateway(context, mock, { telemetry: { traces: `http://127.0.0.1:${port}` } })
  const targets = [all, without]
  await warmUp({ loader, scenarios, targets, seconds: WARM_UP_SECONDS })
  const core = context.layout.target
  const windows = await measure({ loader, scenarios, targets, rounds, seconds, leadSeconds: LEAD_SECONDS, core, onWindow: () => {} })
  let held = true
  for (const { id: scenario, title } of scenarios) {
    print(`\n${title} (${scenario}), ${rounds} x ${seconds} s`)
    for (const { name: target } of targets) {
      const valid = valuesOf(windows, { scenario, target })
      const of = (values: readonly (number | undefined)[]) => shown(spreadOf(values.filter((value) => value !== undefined)), 1)
      const perSecond = of(valid.map(({ requestsPerSecond }) => requestsPerSecond))
      print(`  ${target.padEnd(8)} ${perSecond} requests/s, ${of(valid.map(({ cpuUsPerRequest }) => cpuUsPerRequest))} us of CPU each`)
    }
    const ratio = (metric: 'requestsPerSecond' | 'cpuUsPerRequest') =>
      ratioOf(windows, { scenario, subject: 'gateway', base: 'silent', metric })
    const throughput = ratio('requestsPerSecond')
    const good = throughput !== undefined && throughput.median >= LEAST_SHARE
    held &&= good
    print(
      `  ${good ? 'ok  ' : 'FAIL'}     throughput with over without: ${shown(throughput, 3)} (>= ${LEAST_SHARE}); CPU: ${shown(ratio('cpuUsPerRequest'), 3)}`,
    )
  }
  return held ? 0 : 1
}

function shown(spread: Spread | undefined, digits: number): string {
  if (spread === undefined) return 'not measured'
  const { median, minimum, maximum } = spread
  return `${median.toFixed(digits)} (${minimum.toFixed(digits)}..${maximum.toFixed(digits)})`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
