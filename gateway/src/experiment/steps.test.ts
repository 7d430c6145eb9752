import { describe, expect, test } from 'vitest'
import type { ExperimentSteps } from './plan.ts'
import { decideStep, type Measured, type Step } from './steps.ts'

const STEPS: ExperimentSteps = {
  group: 1,
  at: 0.05,
  shares: [0.05, 0.25, 1],
  everyMs: 1_000,
  minimum: 100,
  maxErrorRate: 0.05,
  maxLatencyRatio: 2,
}
const measured = (requests: number, errors = 0, p95Ms: number | undefined = 100): Measured => ({ requests, errors, p95Ms })

describe('a group that is to grow', () => {
  const cases: readonly (readonly [string, Partial<ExperimentSteps>, { group: Measured; others: Measured; now: number }, Step])[] = [
    ['waits for its time', {}, { group: measured(100), others: measured(900), now: 999 }, { kind: 'wait' }],
    ['waits for its requests', {}, { group: measured(99), others: measured(900), now: 5_000 }, { kind: 'wait' }],
    ['steps up when both are there', {}, { group: measured(100), others: measured(900), now: 1_000 }, { kind: 'up', share: 0.25 }],
    [
      'steps to the next share above its own',
      { at: 0.3 },
      { group: measured(100), others: measured(900), now: 1_000 },
      { kind: 'up', share: 1 },
    ],
    ['is done at the last share', { at: 1 }, { group: measured(100), others: measured(0), now: 1_000 }, { kind: 'done' }],
    ['is out at no share', { at: 0 }, { group: measured(100, 100), others: measured(0), now: 1_000 }, { kind: 'done' }],
    [
      'is taken out for its failures before its time',
      {},
      { group: measured(100, 6), others: measured(900), now: 1 },
      { kind: 'back', reason: 'error-rate' },
    ],
    ['may fail as often as the threshold says', {}, { group: measured(100, 5), others: measured(900), now: 1 }, { kind: 'wait' }],
    ['is not judged by a few failures', {}, { group: measured(20, 20), others: measured(900), now: 5_000 }, { kind: 'wait' }],
    [
      'is taken out for its slowness',
      {},
      { group: measured(100, 0, 201), others: measured(900, 0, 100), now: 1 },
      { kind: 'back', reason: 'latency' },
    ],
    ['is not compared with too few', {}, { group: measured(100, 0, 900), others: measured(99, 0, 100), now: 1 }, { kind: 'wait' }],
    [
      'is not compared where nobody asked for it',
      { maxLatencyRatio: undefined },
      { group: measured(100, 0, 900), others: measured(900), now: 1 },
      { kind: 'wait' },
    ],
    [
      'is taken out for failures at the last share, too',
      { at: 1 },
      { group: measured(100, 50), others: measured(0), now: 1 },
      { kind: 'back', reason: 'error-rate' },
    ],
  ]
  test.each(cases)('%s', (_name, steps, { group, others, now }, step) => {
    expect(decideStep({ steps: { ...STEPS, ...steps }, group, others, since: 0, now })).toEqual(step)
  })
})
