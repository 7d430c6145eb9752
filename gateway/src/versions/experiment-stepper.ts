import type { Service } from '@jairouter/contract/names'
import type { Experiment, Snapshot } from '../config/snapshot.ts'
import { decideStep, type Measured } from '../experiment/steps.ts'

/** How often experiments with steps are looked at. */
const LOOK_MS = 5_000

/** What was measured of each group since the last step. */
export interface StepResults {
  of(id: string, group: string): Measured
  /** Epoch milliseconds. */
  since(id: string): number | undefined
  reset(id: string): void
}

export interface ExperimentMove {
  readonly service: Service
  readonly model: string
  readonly group: string
  /** The share that the group is given. */
  readonly share: number
  /** Undefined: a step up. */
  readonly reason: 'error-rate' | 'latency' | undefined
}

export interface ExperimentStepperOptions {
  readonly snapshot: () => Snapshot
  readonly results: StepResults
  /** Epoch milliseconds. */
  readonly wallClock: () => number
  /** Writes the share into the config; rejects where that cannot be done. */
  readonly move: (move: ExperimentMove) => Promise<unknown>
  readonly onFailed: (move: ExperimentMove, error: unknown) => void
}

export interface ExperimentStepper {
  /** Looks at all experiments now. */
  look(): Promise<void>
  stop(): void
}

/** Lets groups of experiments grow step by step, and takes them out where they do harm. Every move is a change of the config. */
export function startExperimentStepper(options: ExperimentStepperOptions): ExperimentStepper {
  const { snapshot, results, wallClock, move, onFailed } = options
  let looking = false

  async function look(): Promise<void> {
    if (looking) return
    looking = true
    try {
      for (const { service, model, experiment } of steppedOf(snapshot())) {
        const found = moveOf(experiment, { results, now: wallClock() })
        if (found === undefined) continue
        const made = { service, model, ...found }
        try {
          await move(made)
          // What comes is measured against what the step before left behind no more.
          results.reset(experiment.id)
        } catch (error) {
          onFailed(made, error)
        }
      }
    } finally {
      looking = false
    }
  }

  const timer = setInterval(() => void look(), LOOK_MS).unref()
  return { look, stop: () => clearInterval(timer) }
}

interface Stepped {
  readonly service: Service
  readonly model: string
  readonly experiment: Experiment
}

function steppedOf({ routes }: Snapshot): readonly Stepped[] {
  const all = [...routes.values()].flatMap((byName) => [...byName].filter(([name, { model }]) => name === model))
  return all.flatMap(([, { service, model, experiment }]) => (experiment?.steps === undefined ? [] : [{ service, model, experiment }]))
}

function moveOf(
  { id, groups, steps }: Experiment,
  { results, now }: { results: StepResults; now: number },
): Pick<ExperimentMove, 'group' | 'share' | 'reason'> | undefined {
  const group = steps === undefined ? undefined : groups[steps.group]?.name
  if (steps === undefined || group === undefined) return undefined
  const others = groups.filter(({ name }) => name !== group).map(({ name }) => results.of(id, name))
  const step = decideStep({ steps, group: results.of(id, group), others: together(others), since: results.since(id) ?? now, now })
  if (step.kind === 'up') return { group, share: step.share, reason: undefined }
  return step.kind === 'back' ? { group, share: 0, reason: step.reason } : undefined
}

/** Of several groups the slowest p95 stands for all. */
function together(measured: readonly Measured[]): Measured {
  const times = measured.flatMap(({ p95Ms }) => p95Ms ?? [])
  return {
    requests: measured.reduce((sum, { requests }) => sum + requests, 0),
    errors: measured.reduce((sum, { errors }) => sum + errors, 0),
    p95Ms: times.length === 0 ? undefined : Math.max(...times),
  }
}
