import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchResult } from './bench-result.ts'
import { checkBounds } from './bounds.ts'
import { createLoader, type LoadOptions } from './load.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { measure, warmUp } from './measure.ts'
import type { BenchOptions } from './options.ts'
import { readUsage } from './process-usage.ts'
import { reportOf } from './report.ts'
import type { Scenario } from './scenarios.ts'
import { startBareProxy, startGateway, startMock, startNginx, type Target } from './targets.ts'
import type { Window } from './window.ts'

export interface RunContext extends LoadOptions {
  readonly print: (line: string) => void
}

export const RESULTS_FOLDER = join(import.meta.dirname, '../results')

/** Idle means idle: what a start leaves to do, and what a load leaves open, has its time to pass. */
const SETTLE_MS = 2_000
const WARM_UP_SECONDS = 2
/** An idle Node process takes about so long to be back at its pace. */
const LEAD_SECONDS = 2
/** A short run warms up only where most of the code is met. */
const SHORT_WARM_UP = 'json-small-32'

/** Starts every target once, measures all rounds, prints the report, writes the result. Returns the exit code. */
export async function runBench(options: BenchOptions, scenarios: readonly Scenario[], context: RunContext): Promise<number> {
  const { print, layout, signal } = context
  const startedAt = new Date()
  const before = loadAverage()
  const loader = createLoader(context)
  print(`bench: ${layout.description}; ${loader.description}`)
  const targets = await startTargets(context)
  await sleep(SETTLE_MS, undefined, { signal })
  const residentAfterStart = residentOf(targets)
  print('bench: warming up')
  const warmed = options.short ? scenarios.filter(({ id }) => id === SHORT_WARM_UP) : scenarios
  await warmUp({ loader, scenarios: warmed, targets, seconds: Math.min(options.seconds, WARM_UP_SECONDS) })
  const { rounds, seconds } = options
  const windows = await measure({
    loader,
    scenarios,
    targets,
    rounds,
    seconds,
    leadSeconds: options.short ? 0 : Math.min(seconds, LEAD_SECONDS),
    core: layout.target,
    onWindow: (window) => print(progressOf(window)),
  })
  await sleep(SETTLE_MS, undefined, { signal })
  const result: BenchResult = {
    startedAt: startedAt.toISOString(),
    ...describeCommit(),
    machine: describeMachine(),
    layout: layout.description,
    loadGenerator: loader.description,
    loadAverage: { before, after: loadAverage() },
    options,
    targets: targets.map(({ name }) => name),
    residentAfterStart,
    residentAfterLoad: residentOf(targets),
    windows,
  }
  const file = resolve(options.json ?? join(RESULTS_FOLDER, `${startedAt.toISOString().slice(0, 10)}-${result.commit}.json`))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
  print(`\n${reportOf(result)}\n\nresult: ${file}`)
  return exitCodeOf(result)
}

async function startTargets(context: RunContext): Promise<readonly Target[]> {
  const mock = await startMock(context)
  const bare = await startBareProxy(context, mock)
  const nginx = await startNginx(context, mock)
  if (nginx === undefined) context.print('bench: nginx is not installed: no comparison with it')
  const gateway = await startGateway(context, mock)
  return [mock, bare, ...(nginx === undefined ? [] : [nginx]), gateway]
}

function residentOf(targets: readonly Target[]): BenchResult['residentAfterStart'] {
  return Object.fromEntries(
    targets.flatMap(({ name, process: { pid } }) => {
      const usage = readUsage(pid)
      return usage === undefined ? [] : [[name, usage.residentBytes]]
    }),
  )
}

function loadAverage(): number {
  return loadavg()[0] ?? 0
}

function progressOf({ round, scenario, target, requestsPerSecond, p50Ms, errors, void: isVoid }: Window): string {
  const outcome = isVoid ? `VOID: ${errors} failed` : `${requestsPerSecond.toFixed(0)}/s, p50 ${p50Ms.toFixed(3)} ms`
  return `  round ${round}  ${scenario.padEnd(14)} ${target.padEnd(8)} ${outcome}`
}

/** A short run is one only of the machinery: it fails when something could not be measured, not when a bound was missed. */
function exitCodeOf(result: BenchResult): number {
  const failed = checkBounds(result).some(({ held, figure }) => (result.options.short ? figure === undefined : !held))
  return failed ? 1 : 0
}
