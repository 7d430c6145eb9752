import type { BreakerSettings } from '../../breaker/breaker.ts'
import { adviceOf, breakerOn, inWords, somebodyElse } from '../advice.ts'
import { rescued } from '../common-checks.ts'
import { when } from '../finding.ts'
import type { Observation } from '../observation.ts'
import type { Scenario } from './scenario.ts'

const ILL_FOR_MS = 60_000
const EVERY_MS = 4_000
/** The breaker's longest rest may just have begun. */
const BACK_WITHIN_MS = 30_000

/** S15: a server that is down for a minute and then well again, under a request each four seconds. */
export const flapping: Scenario = {
  id: 'S15',
  title: 'server down for a minute, then well',
  strikes: 'first-asked',
  fault: () => ({ name: 'overloaded' }),
  sequence: { requests: 20, everyMs: EVERY_MS, illForMs: ILL_FOR_MS, more: 25 },
  longestMs: 30_000,
  judge: (observation) => {
    const { policy, calls, illness } = observation
    const during = calls.ill.filter(({ startedAt }) => startedAt < illness.to)
    const { most, by } = mostCalls(observation)
    const longest = `breaker.maxOpenFor is ${inWords(policy.breaker.maxOpenForMs)}: S15 wants ${inWords(BACK_WITHIN_MS)} or less`
    const tooLong = policy.breaker.maxOpenForMs > BACK_WITHIN_MS ? [longest] : []
    return [
      ...rescued(observation, adviceOf([somebodyElse('unavailable')], observation, 'S15')),
      ...when(during.length > most, 'fail', `${during.length} calls to a server that was down, more than the ${most} of the ${by}`),
      ...when(during.length <= most, 'pass', `${during.length} calls to a server that was down, of at most ${most} by the ${by}`),
      ...when(
        observation.instances > 1 && !policy.breaker.enabled,
        'degraded',
        'nothing holds a failing server out',
        adviceOf([breakerOn], observation, 'S15'),
      ),
      ...when(calls.ill.length === during.length, 'degraded', 'the recovered server was not used again', tooLong),
    ]
  },
}

/** How often a server may be called while it is down: until its breaker opens, and then once at the end of each rest. */
export function mostCalls(observation: Observation): { readonly most: number; readonly by: string } {
  const { illness, policy, instances, answers, breaker } = observation
  const requests = answers.length
  if (instances < 2) {
    // The last one is never held out: what bounds its calls is what may be spent on retries.
    const retries = Math.floor(requests * policy.retry.budget + 3)
    return { most: Math.min(requests * policy.retry.attempts, requests + retries), by: 'retry budget' }
  }
  if (!breaker.enabled) return { most: requests, by: 'number of requests' }
  return { most: breaker.consecutive + probesWithin(illness.to - illness.from, breaker), by: 'breaker' }
}

/** With jitter at its shortest: half of each rest is fixed. */
export function probesWithin(durationMs: number, { openForMs, maxOpenForMs }: BreakerSettings): number {
  let probes = 0
  let at = 0
  for (;;) {
    at += Math.min(openForMs * 2 ** Math.min(probes, 40), maxOpenForMs) / 2
    if (at > durationMs || probes >= 1_000) return probes
    probes += 1
  }
}
