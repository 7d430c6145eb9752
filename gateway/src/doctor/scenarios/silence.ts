import { adviceOf, moreAttempts, shorterLimit, somebodyElse } from '../advice.ts'
import { rescued } from '../common-checks.ts'
import { when } from '../finding.ts'
import type { Observation } from '../observation.ts'
import type { Scenario } from './scenario.ts'

/** A caller who has waited for so long has left. */
const SILENT_MS = 100_000
const FIRST_TOKEN_MS = 20_000

/** S05 to S07: the answer does not begin. */
export const silences: readonly Scenario[] = [
  {
    id: 'S05',
    title: 'connection reset before the answer',
    strikes: 'first-asked',
    fault: () => ({ name: 'reset-before-headers', times: 1 }),
    longestMs: 20_000,
    judge: (observation) => rescued(observation, adviceOf([moreAttempts], observation, 'S05')),
  },
  {
    id: 'S06',
    title: 'no answer at all',
    strikes: 'first-asked',
    timed: true,
    fault: (_, shorten) => ({ name: 'close-before-headers', after: shorten(SILENT_MS) }),
    longestMs: 3 * SILENT_MS,
    judge: (observation) => [
      ...rescued(observation, adviceOf([limitOf(observation), somebodyElse('timeout')], observation, 'S06')),
      ...when(
        observation.calls.ill[0]?.wasGivenUp === false,
        'degraded',
        'the silent server was waited for to the end',
        adviceOf([limitOf(observation)], observation, 'S06'),
      ),
      ...when(observation.calls.ill.length > 1, 'degraded', 'the silent server was asked again'),
    ],
  },
  {
    id: 'S07',
    title: 'first token after 20 s',
    strikes: 'first-asked',
    timed: true,
    fault: (_, shorten) => ({ name: 'slow-first-event', after: shorten(FIRST_TOKEN_MS) }),
    longestMs: 60_000,
    judge: (observation) => {
      const advices = [shorterLimit('firstToken', FIRST_TOKEN_MS), somebodyElse('timeout')]
      const settings = adviceOf(advices, observation, 'S07')
      // Of a plain answer nobody can tell when its first token was there.
      const waited = observation.mode === 'streamed' && observation.calls.ill[0]?.wasGivenUp === false
      return [...rescued(observation, settings), ...when(waited, 'degraded', 'the slow server was waited for', settings)]
    },
  },
]

function limitOf({ mode, policy }: Observation) {
  const isStreamed = mode === 'streamed' && policy.timeouts.firstToken < policy.timeouts.response
  return shorterLimit(isStreamed ? 'firstToken' : 'response', SILENT_MS)
}
