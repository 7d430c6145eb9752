import { adviceOf, moreAttempts, patience, somebodyElse } from '../advice.ts'
import { rescued } from '../common-checks.ts'
import { when } from '../finding.ts'
import { shortened } from '../time-scale.ts'
import type { Observation } from '../observation.ts'
import type { Scenario } from './scenario.ts'

const RETRY_AFTER_MS = 2_000
/** Between two looks at the clocks of two parties. */
const TOLERANCE_MS = 2
/** Of one request, at a server that asks for mercy. */
const MOST_CALLS = 4
const MOST_CALLS_IN_ALL = 6

/** S01 to S04: servers that answer with a status that says that they cannot. */
export const refusals: readonly Scenario[] = [
  {
    id: 'S01',
    title: '429 with Retry-After',
    strikes: 'first-asked',
    fault: (_, shorten) => ({ name: 'rate-limited', retryAfter: `${shorten(RETRY_AFTER_MS)}ms`, times: 1 }),
    longestMs: 20_000,
    judge: (observation) => [
      ...rescued(observation, adviceOf([moreAttempts, patience(RETRY_AFTER_MS)], observation, 'S01')),
      ...when(
        firstGap(observation) < shortened(RETRY_AFTER_MS, observation.speed) - TOLERANCE_MS,
        'fail',
        'asked again before Retry-After',
      ),
    ],
  },
  {
    id: 'S02',
    title: '429 every time',
    strikes: 'first-asked',
    fault: () => ({ name: 'rate-limited' }),
    longestMs: 40_000,
    judge: (observation) => [
      ...rescued(observation, adviceOf([somebodyElse('rate-limited')], observation, 'S02')),
      ...bounded(observation, MOST_CALLS, 'S02'),
    ],
  },
  {
    id: 'S03',
    title: '500 once',
    strikes: 'first-asked',
    fault: () => ({ name: 'status', status: 500, times: 1 }),
    longestMs: 20_000,
    judge: (observation) => rescued(observation, adviceOf([moreAttempts], observation, 'S03')),
  },
  {
    id: 'S04',
    title: '503 every time',
    strikes: 'first-asked',
    fault: () => ({ name: 'overloaded' }),
    longestMs: 40_000,
    judge: (observation) => [
      ...rescued(observation, adviceOf([somebodyElse('unavailable')], observation, 'S04')),
      ...bounded(observation, MOST_CALLS_IN_ALL, 'S04'),
    ],
  },
]

function bounded({ calls, policy }: Observation, most: number, id: string) {
  const settings = [`retry.attempts is ${policy.retry.attempts}: ${id} wants ${most} or fewer`]
  return when(calls.ill.length > most, 'degraded', `${calls.ill.length} calls to a server that asked to be left alone`, settings)
}

/** Between the first two calls to the ill server; Infinity where there is one. */
function firstGap({ calls }: Observation): number {
  const [first, second] = calls.ill
  return first === undefined || second === undefined ? Infinity : second.startedAt - first.startedAt
}
