import { describe, expect, it } from 'vitest'
import type { DoctorPolicies } from '../../src/doctor/policies.ts'
import { MODES } from '../../src/doctor/heard.ts'
import { RECOMMENDED_POLICIES } from '../../src/doctor/recommended-policies.ts'
import { runScenario } from '../../src/doctor/run-scenario.ts'
import { SCENARIOS } from '../../src/doctor/scenarios/table.ts'

/** A minute's outage takes 1.2 s, and the shortest limit that is tried is 200 ms. */
const SPEED = 50

const SHAPES: readonly { readonly name: string; readonly policies: DoctorPolicies }[] = [
  { name: 'two servers of a model, and another model behind it', policies: RECOMMENDED_POLICIES },
  {
    name: 'one server, and another model behind it',
    policies: {
      ...RECOMMENDED_POLICIES,
      models: { ...RECOMMENDED_POLICIES.models, main: { ...RECOMMENDED_POLICIES.models['main'], instances: [{}] } },
    },
  },
]

const CASES = SCENARIOS.flatMap((scenario) => MODES.map((mode) => ({ scenario, mode, name: `${scenario.id} ${scenario.title}, ${mode}` })))

// They spend their time waiting.
describe.concurrent.each(SHAPES)('$name', ({ policies }) => {
  it.each(CASES)('$name', async ({ scenario, mode }) => {
    const { verdict, findings } = await runScenario(scenario, mode, { policies, speed: SPEED })
    expect(findings.filter((finding) => finding.verdict !== 'pass')).toEqual([])
    expect(verdict).toBe('pass')
  })
})
