import { untilStopped } from './signals.ts'
import { simulateCommand as start } from './simulator/command.ts'

/** `jairouter simulate`: runs until it is told to stop. */
export async function simulateCommand(args: readonly string[]): Promise<number> {
  const started = await start(args, (line) => process.stdout.write(`${line}\n`))
  if ('exitCode' in started) return started.exitCode
  await untilStopped(() => process.exit(0))
  await started.simulator.close()
  return 0
}
