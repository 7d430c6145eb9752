import { MODES, type Mode } from './heard.ts'
import { runScenario, type Judgement, type RunOptions } from './run-scenario.ts'
import { SCENARIOS } from './scenarios/table.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { scorecardOf, type Scorecard } from './scorecard.ts'

export interface DoctorOptions extends RunOptions {
  /** Scenarios at the same time; 1 when left out. They spend their time waiting. */
  readonly atOnce?: number
}

/** All scenarios, streamed and plain, against simulated servers under these policies. Nothing real is called. */
export async function runDoctor({ atOnce = 1, ...options }: DoctorOptions): Promise<Scorecard> {
  const tasks = SCENARIOS.flatMap((scenario) => MODES.map((mode) => ({ scenario, mode })))
  const judgements = new Map<string, Judgement>()
  const waiting = tasks.values()
  const worker = async () => {
    for (const { scenario, mode } of waiting) judgements.set(keyOf(scenario, mode), await runOrSay(scenario, mode, options))
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  const judgementOf = (scenario: Scenario, mode: Mode) => judgements.get(keyOf(scenario, mode)) ?? NOT_RUN
  const rows = SCENARIOS.map((scenario) => ({
    id: scenario.id,
    title: scenario.title,
    streamed: judgementOf(scenario, 'streamed'),
    plain: judgementOf(scenario, 'plain'),
  }))
  return scorecardOf(rows, options.speed)
}

const NOT_RUN: Judgement = { verdict: 'fail', findings: [{ verdict: 'fail', what: 'was not run' }] }

function keyOf({ id }: Scenario, mode: Mode): string {
  return `${id} ${mode}`
}

async function runOrSay(scenario: Scenario, mode: Mode, options: RunOptions): Promise<Judgement> {
  try {
    return await runScenario(scenario, mode, options)
  } catch (error) {
    const what = `could not be run: ${error instanceof Error ? error.message : String(error)}`
    return { verdict: 'fail', findings: [{ verdict: 'fail', what }] }
  }
}
