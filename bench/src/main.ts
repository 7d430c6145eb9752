import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { detectLayout } from './core-layout.ts'
import { parseOptions, USAGE, type BenchOptions } from './options.ts'
import { Processes } from './processes.ts'
import { runProfile } from './run-profile.ts'
import { runBench } from './run-bench.ts'
import { SCENARIOS } from './scenarios.ts'

/** More than any window needs, its start and a repetition included. */
const WINDOW_EXTRA_SECONDS = 6
const START_SECONDS = 90
const MOST_TARGETS = 4

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args)
  if (options === 'help') {
    print(USAGE)
    return 0
  }
  if ('usageError' in options) {
    process.stderr.write(`bench: ${options.usageError}\n\n${USAGE}\n`)
    return 2
  }
  const interrupt = new AbortController()
  const onSignal = () => interrupt.abort(new Error('stopped by a signal'))
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  const signal = AbortSignal.any([interrupt.signal, AbortSignal.timeout(limitMsOf(options))])
  const folder = mkdtempSync(join(tmpdir(), 'jairouter-bench-'))
  const processes = new Processes()
  const context = { processes, layout: detectLayout(), folder, signal, print }
  const scenarios = SCENARIOS.filter(({ id }) => options.scenarios.includes(id))
  try {
    return options.profile ? await runProfile(options, scenarios, context) : await runBench(options, scenarios, context)
  } catch (error) {
    const shown = signal.aborted ? signal.reason : error
    process.stderr.write(`bench: ${shown instanceof Error ? shown.message : String(shown)}\n`)
    return interrupt.signal.aborted ? 130 : 1
  } finally {
    await processes.stopAll()
    rmSync(folder, { recursive: true, force: true })
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

/** Whatever hangs, the bench ends: twice the time of all windows, since each may be repeated. */
function limitMsOf({ rounds, seconds, scenarios }: BenchOptions): number {
  const windows = (rounds + 1) * scenarios.length * MOST_TARGETS
  return (START_SECONDS + windows * 2 * (seconds + WINDOW_EXTRA_SECONDS)) * 1000
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

// The time limit's timer must not keep a finished bench waiting.
process.exit(await main(process.argv.slice(2)))
