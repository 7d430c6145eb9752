import type { Loader } from './load.ts'
import { readCoreBusyMs } from './core-usage.ts'
import { readUsage, type ProcessUsage } from './process-usage.ts'
import type { Scenario } from './scenarios.ts'
import type { Target } from './targets.ts'
import { toWindow, type UsageDelta, type Window } from './window.ts'

export interface MeasureOptions {
  readonly loader: Loader
  readonly scenarios: readonly Scenario[]
  readonly targets: readonly Target[]
  readonly rounds: number
  readonly seconds: number
  /** How long a target is under the same load before its window begins; 0 is at once. */
  readonly leadSeconds: number
  /** The targets' core; undefined when they are not pinned. */
  readonly core: number | undefined
  readonly onWindow: (window: Window) => void
}

/** Before anything counts, every target sees every scenario once: its code is compiled, its connections are open. */
export async function warmUp({
  loader,
  scenarios,
  targets,
  seconds,
}: Pick<MeasureOptions, 'loader' | 'scenarios' | 'targets' | 'seconds'>): Promise<void> {
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
  { loader, seconds, leadSeconds, core, onWindow }: MeasureOptions,
  { round, scenario, target }: WindowPlace,
  attempt: number,
): Promise<Window> {
  if (target.process.exited !== undefined) throw new Error(target.process.exited)
  // While the others had their turns its heap was shrunk and its connections were closed: a busy server is in neither state.
  if (leadSeconds > 0) await loader.run(scenario, target, leadSeconds)
  // The mock shares its core with the load generator: who is a stranger there cannot be told.
  const ownCore = target.name === 'direct' ? undefined : core
  const before = usageNow(target, ownCore)
  const load = await loader.run(scenario, target, seconds)
  const usage = usageSince(before, usageNow(target, ownCore))
  const window = toWindow({ round, scenario: scenario.id, target: target.name, attempt }, load, usage)
  onWindow(window)
  return window
}

interface UsageNow extends ProcessUsage {
  readonly coreBusyMs: number | undefined
}

function usageNow({ process: { pid } }: Target, core: number | undefined): UsageNow | undefined {
  const usage = readUsage(pid)
  return usage === undefined ? undefined : { ...usage, coreBusyMs: core === undefined ? undefined : readCoreBusyMs(core) }
}

function usageSince(before: UsageNow | undefined, after: UsageNow | undefined): UsageDelta | undefined {
  if (before === undefined || after === undefined) return undefined
  const known = before.coreBusyMs !== undefined && after.coreBusyMs !== undefined
  return {
    cpuMs: after.cpuMs - before.cpuMs,
    coreBusyMs: known ? after.coreBusyMs - before.coreBusyMs : undefined,
    residentBytes: after.residentBytes,
  }
}

function targetsOf(scenario: Scenario, targets: readonly Target[]): readonly Target[] {
  return targets.filter(({ name }) => scenario.direct || name !== 'direct')
}

function rotate<T>(items: readonly T[], by: number): readonly T[] {
  const offset = items.length === 0 ? 0 : by % items.length
  return [...items.slice(offset), ...items.slice(0, offset)]
}
