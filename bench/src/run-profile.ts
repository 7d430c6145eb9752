import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createLoader } from './load.ts'
import { describeCommit } from './machine.ts'
import { measure, warmUp } from './measure.ts'
import type { BenchOptions } from './options.ts'
import { summariseProfile, type SelfTime } from './profile-summary.ts'
import { RESULTS_FOLDER, type RunContext } from './run-bench.ts'
import type { Scenario } from './scenarios.ts'
import { startGateway, startMock } from './targets.ts'

const SHOWN_LINES = 30
const WARM_UP_SECONDS = 2

/** Only the gateway, under load, with V8's sampling profiler; prints where its time went. Returns the exit code. */
export async function runProfile(options: BenchOptions, scenarios: readonly Scenario[], context: RunContext): Promise<number> {
  const { print } = context
  const stamp = new Date().toISOString().replace(/[:.]/g, '-')
  const folder = join(RESULTS_FOLDER, `profile-${stamp}-${describeCommit().commit}`)
  mkdirSync(folder, { recursive: true })
  const loader = createLoader(context)
  const mock = await startMock(context)
  const startedAt = performance.now()
  const gateway = await startGateway(context, mock, { nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${folder}`] })
  const targets = [gateway]
  const { rounds, seconds } = options
  await warmUp({ loader, scenarios, targets, seconds: WARM_UP_SECONDS })
  // The profile began when the process did.
  const skipMs = performance.now() - startedAt
  const windows = await measure({
    loader,
    scenarios,
    targets,
    rounds,
    seconds,
    leadSeconds: 0,
    core: context.layout.target,
    onWindow: () => {},
  })
  for (const { scenario, requestsPerSecond, void: isVoid } of windows) {
    print(`${scenario}: ${isVoid ? 'VOID' : `${requestsPerSecond.toFixed(0)}/s under the profiler`}`)
  }
  // The profile is written when the process ends.
  await gateway.process.stop()
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'))
  if (file === undefined) throw new Error(`the gateway left no profile in ${folder}`)
  const { functions, modules } = summariseProfile(JSON.parse(readFileSync(join(folder, file), 'utf8')), skipMs)
  for (const [title, times] of [
    ['modules', modules],
    ['functions', functions],
  ] as const) {
    print(`\nself time by ${title}, start and warm-up left out:`)
    for (const line of times.slice(0, SHOWN_LINES).map(toLine)) print(line)
  }
  print(`\nprofile: ${join(folder, file)} (open it in Chrome's DevTools or VS Code)`)
  return windows.some((window) => window.void) ? 1 : 0
}

function toLine({ name, share }: SelfTime): string {
  return `  ${(share * 100).toFixed(1).padStart(5)} %  ${name}`
}
