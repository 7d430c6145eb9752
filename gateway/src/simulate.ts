import { untilStopped } from './signals.ts'
import { simulateCommand as start } from './simulator/command.ts'

/** `jairouter simulate`: runs until it is told to stop. */
export async function simulateCommand(args: readonly string[]): Promise<number> {
  const lines: string[] = []
  const started = await start(args, (line) => lines.push(line))
  const failed = 'exitCode' in started && started.exitCode !== 0
  ;(failed ? process.stderr : process.stdout).write(`${lines.join('\n')}\n`)
  if ('exitCode' in started) return started.exitCode
  await untilStopped(() => process.exit(0))
  await started.simulator.close()
  return 0
}
