import { hasFallbackModel } from '../advice.ts'
import { fallbackOf, rescued } from '../common-checks.ts'
import { when, type Finding } from '../finding.ts'
import type { Observation } from '../observation.ts'
import type { Scenario } from './scenario.ts'

/** S12 and S13: a refusal of the request itself, by whichever server of the model is asked. */
export const verdicts: readonly Scenario[] = [
  {
    id: 'S12',
    title: 'prompt too long for the model',
    strikes: 'all',
    fault: () => ({ name: 'context-length' }),
    longestMs: 20_000,
    judge: (observation) => [
      ...askedOnce(observation),
      ...(hasFallbackModel(observation.policy, 'context-length') || steppedIn(observation)
        ? rescued(observation, [])
        : relayed(observation, 'context_length_exceeded')),
    ],
  },
  {
    id: 'S13',
    title: 'refused by a content filter',
    strikes: 'all',
    fault: () => ({ name: 'content-filter' }),
    longestMs: 20_000,
    judge: (observation) => {
      const place = observation.policy.fallback.findIndex(({ on }) => on.includes('content-filter') || on.includes('any'))
      const setting = `fallback[${place}].on takes refusals in: S13 wants them to reach the client`
      const around = observation.calls.spare.length > 0 || steppedIn(observation)
      return around
        ? when(true, place < 0 ? 'fail' : 'degraded', 'the refusal was routed around', place < 0 ? [] : [setting])
        : [...askedOnce(observation), ...relayed(observation, 'content_filter')]
    },
  },
]

function askedOnce({ calls }: Observation): readonly Finding[] {
  return when(calls.ill.length !== 1, 'fail', `the same request went to the same model ${calls.ill.length} times`)
}

function steppedIn({ answers }: Observation): boolean {
  return answers.some(({ heard }) => fallbackOf(heard) !== undefined)
}

function relayed({ answers }: Observation, code: string): readonly Finding[] {
  const isRelayed = answers.every(({ heard }) => heard.ending === 'error' && heard.status === 400 && heard.code === code)
  return when(!isRelayed, 'fail', `the client was not told ${code}`)
}
