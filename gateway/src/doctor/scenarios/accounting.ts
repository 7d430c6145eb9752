import { adviceOf, somebodyElse } from '../advice.ts'
import { fallbackOf, rescued } from '../common-checks.ts'
import { TOKENS } from '../conversation.ts'
import { when, type Finding } from '../finding.ts'
import type { Observation } from '../observation.ts'
import { sumOf } from '../read-samples.ts'
import type { Scenario } from './scenario.ts'

/** S16: who answered, and what it cost, after another server was asked in vain. */
export const accounting: Scenario = {
  id: 'S16',
  title: 'accounts after failing over',
  strikes: 'first-asked',
  fault: () => ({ name: 'status', status: 503 }),
  longestMs: 40_000,
  judge: (observation) => [
    ...rescued(observation, adviceOf([somebodyElse('unavailable')], observation, 'S16')),
    ...observation.answers.flatMap(({ heard }, index) =>
      heard.ending === 'whole' && fallbackOf(heard) !== 'response' ? accountsOf(observation, index) : [],
    ),
    ...counted(observation),
  ],
}

function accountsOf({ answers, records, ill }: Observation, index: number): readonly Finding[] {
  const heard = answers[index]?.heard
  const record = records[index]
  if (heard === undefined || record === undefined) return []
  const good = record.attempts.filter(({ outcome }) => outcome === 'ok').map(({ backend }) => backend)
  const [named] = good
  return [
    ...when(named === undefined || named === ill, 'fail', 'the record does not name who answered'),
    ...when(heard.headers['x-jairouter-backend'] !== named, 'fail', 'the client was told of another server than the one that answered'),
    ...when(
      heard.headers['x-jairouter-attempts'] !== String(record.attempts.length),
      'fail',
      'the client was told another number of attempts than there were',
    ),
    ...when(!record.attempts.some(({ backend }) => backend === ill), 'fail', 'the attempt that failed is not recorded'),
    ...when(heard.completionTokens !== TOKENS, 'fail', 'the answer came without the usage of who answered'),
    ...when(
      record.usage?.completionTokens !== TOKENS || record.usage.estimated === true,
      'fail',
      'the recorded tokens are not those of the answer',
    ),
  ]
}

/** What stands in the metrics is what stands in the records, once. */
function counted({ samples, records }: Observation): readonly Finding[] {
  const attempts = records.flatMap((record) => record.attempts)
  const good = attempts.filter(({ outcome }) => outcome === 'ok').length
  const tokens = records.reduce((sum, { usage }) => sum + (usage?.completionTokens ?? 0), 0)
  const total = sumOf(samples, 'jairouter_upstream_attempts_total')
  return [
    ...when(sumOf(samples, 'jairouter_requests_total') !== records.length, 'fail', 'the metrics count other requests than there were'),
    ...when(total !== attempts.length, 'fail', 'the metrics count other attempts than there were'),
    ...when(
      sumOf(samples, 'jairouter_upstream_attempts_total', { outcome: 'ok' }) !== good,
      'fail',
      'the metrics count failed attempts as good',
    ),
    ...when(
      sumOf(samples, 'jairouter_tokens_total', { kind: 'completion' }) !== tokens,
      'fail',
      'the metrics count other tokens than the records',
    ),
  ]
}
