import type { Loader } from './load.ts'
import { readUsage } from './process-usage.ts'
import type { Scenario } from './scenarios.ts'
import type { Target } from './targets.ts'
import { toWindow, type Window } from './window.ts'

export interface MeasureOptions {
  readonly loader: Loader
  readonly scenarios: readonly Scenario[]
  readonly targets: readonly Target[]
  readonly rounds: number
  readonly seconds: number
  readonly onWindow: (window: Window) => void
}

/** Before anything counts, every target sees every scenario once: its code is compiled, its connections are open. */
export async function warmUp({ loader, scenarios, targets, seconds }: Omit<MeasureOptions, 'rounds' | 'onWindow'>): Promise<void> {
  for (const scenario of scenarios) {
    for (const target of targetsOf(scenario, targets)) await loader.run(scenario, target, seconds)
  }
}

/**
 * All rounds. Within a round and a scenario the targets follow each other at once, and who goes first changes from round to round:
 * neither a slow minute of the machine nor the place in the order favours anyone. A void window is repeated once.
 */
export async function measure(options: MeasureOptions): Promise<readonly Window[]> {
  const windows: Window[] = []
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const scenario of options.scenarios) {
      for (const target of rotate(targetsOf(scenario, options.targets), round - 1)) {
        windows.push(...(await measureTwiceIfVoid(options, { round, scenario, target })))
      }
    }
  }
  return windows
}

interface WindowPlace {
  readonly round: number
  readonly scenario: Scenario
  readonly target: Target
}

async function measureTwiceIfVoid(options: MeasureOptions, place: WindowPlace): Promise<readonly Window[]> {
  const first = await measureWindow(options, place, 1)
  return first.void ? [first, await measureWindow(options, place, 2)] : [first]
}

async function measureWindow(
  { loader, seconds, onWindow }: MeasureOptions,
  { round, scenario, target }: WindowPlace,
  attempt: number,
): Promise<Window> {
  if (target.process.exited !== undefined) throw new Error(target.process.exited)
  const before = readUsage(target.process.pid)
  const load = await loader.run(scenario, target, seconds)
  const after = readUsage(target.process.pid)
  const usage =
    before === undefined || after === undefined ? undefined : { cpuMs: after.cpuMs - before.cpuMs, residentBytes: after.residentBytes }
  const window = toWindow({ round, scenario: scenario.id, target: target.name, attempt }, load, usage)
  onWindow(window)
  return window
}

function targetsOf(scenario: Scenario, targets: readonly Target[]): readonly Target[] {
  return targets.filter(({ name }) => scenario.direct || name !== 'direct')
}

function rotate<T>(items: readonly T[], by: number): readonly T[] {
  const offset = items.length === 0 ? 0 : by % items.length
  return [...items.slice(offset), ...items.slice(0, offset)]
}
