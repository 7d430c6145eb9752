import { adviceOf, moreAttempts, resumeOn, somebodyElse } from '../advice.ts'
import { rescued } from '../common-checks.ts'
import { when } from '../finding.ts'
import { TOKENS } from '../conversation.ts'
import type { Observation } from '../observation.ts'
import type { Scenario } from './scenario.ts'

/** Counted with the event that names the role. */
const AFTER_40_TOKENS = 41
const AFTER_20_TOKENS = 21
const TENTH = 9
const STALL_MS = 30_000
/** For what was sent to be read before the connection's end takes it away. */
const READ_FIRST_MS = 30

/** S08 to S11, S14: the answer begins, and does not go on as it should. */
export const brokenStreams: readonly Scenario[] = [
  {
    id: 'S08',
    title: 'stream cut at 40 of 60 tokens',
    strikes: 'first-asked',
    // Neither length nor chunks: nothing but the missing end says that it was cut.
    fault: (mode) => ({ name: 'close-delimited-cut', ...(mode === 'streamed' ? { at: AFTER_40_TOKENS } : {}) }),
    longestMs: 40_000,
    judge: (observation) => rescued(observation, toResume(observation, 'S08')),
  },
  {
    id: 'S09',
    title: 'stream stalls for 30 s',
    strikes: 'first-asked',
    timed: true,
    fault: (_, shorten) => ({ name: 'fin-mid-stream', at: AFTER_20_TOKENS, after: shorten(STALL_MS) }),
    longestMs: 45_000,
    judge: (observation) => rescued(observation, toResume(observation, 'S09')),
  },
  {
    id: 'S10',
    title: 'malformed chunk in the stream',
    strikes: 'first-asked',
    fault: () => ({ name: 'broken-json', at: TENTH }),
    longestMs: 30_000,
    judge: (observation) => rescued(observation, toResume(observation, 'S10')),
  },
  {
    id: 'S11',
    title: 'stream ends without [DONE]',
    strikes: 'first-asked',
    fault: () => ({ name: 'no-done' }),
    longestMs: 8_000,
    judge: (observation) => [
      ...rescued(observation, []),
      ...when(
        observation.answers.some(({ heard }) => heard.ending === 'whole' && heard.completionTokens !== TOKENS),
        'degraded',
        'the answer came without its usage',
      ),
    ],
  },
]

export const prefillRefused: Scenario = {
  id: 'S14',
  title: 'stream cut, and the others refuse prefill',
  strikes: 'first-asked',
  fault: (mode) => ({ name: 'reset-mid-stream', after: READ_FIRST_MS, ...(mode === 'streamed' ? { at: AFTER_40_TOKENS } : {}) }),
  others: { name: 'no-prefill' },
  longestMs: 40_000,
  judge: (observation) => [
    ...rescued(observation, toResume(observation, 'S14')),
    ...when(
      observation.answers.some(({ heard }) => heard.code === 'prefill_not_supported' || /prefill/i.test(heard.message)),
      'fail',
      'the refusal of a prefill that the client never sent has reached it',
    ),
  ],
}

function toResume(observation: Observation, id: string): readonly string[] {
  const others = [moreAttempts, somebodyElse('unavailable')]
  return adviceOf(observation.mode === 'streamed' ? [resumeOn, ...others] : others, observation, id)
}
