import { when, type Finding } from './finding.ts'
import type { Heard } from './heard.ts'
import type { Leftovers, Observation } from './observation.ts'

/** What holds in every scenario: each answer has an end that a client can believe, and the records tell what happened. */
export function commonFindings(observation: Observation): readonly Finding[] {
  return [...observation.answers.flatMap(({ heard, expected }) => believable(heard, expected)), ...recorded(observation)]
}

function believable(heard: Heard, expected: string): readonly Finding[] {
  switch (heard.ending) {
    case 'hung':
      return when(true, 'fail', 'the answer had no end')
    case 'broken':
      return when(true, 'fail', 'the connection to the client broke without a word')
    case 'silent':
      return when(true, 'fail', 'the answer ended neither properly nor with an error')
    case 'garbled':
      return when(true, 'fail', 'the client got something that makes no sense')
    case 'error':
      return [
        ...when(heard.message === '', 'fail', 'the error says nothing'),
        ...when(heard.code === 'internal_error', 'fail', 'the gateway itself failed'),
      ]
    case 'whole':
      if (heard.text === expected || fallbackOf(heard) === 'response') return []
      return when(true, 'fail', expected.startsWith(heard.text) ? 'a cut answer was shown as whole' : 'the answer is not the model’s')
  }
}

/** Every call of a server is an attempt in a record, and an answer comes from just one of them. */
function recorded({ answers, records, calls }: Observation): readonly Finding[] {
  const attempts = records.flatMap((record) => record.attempts)
  const seen = calls.ill.length + calls.rest.length + calls.spare.length
  const accounts = records.flatMap((record, index) => {
    const heard = answers[index]?.heard
    const answered = heard?.ending === 'whole' && !isWithoutCall(heard)
    const good = record.attempts.filter(({ outcome }) => outcome === 'ok').length
    return when(good !== (answered ? 1 : 0), 'fail', `${good} attempts of a request are recorded as good ones`)
  })
  return [...when(attempts.length !== seen, 'fail', `${seen} calls were made, ${attempts.length} are recorded`), ...accounts]
}

function isWithoutCall(heard: Heard): boolean {
  const step = fallbackOf(heard)
  return step === 'cache' || step === 'response'
}

/** The step of the fallback chain that answered; undefined where the model itself did. */
export function fallbackOf({ headers }: Heard): string | undefined {
  return headers['x-jairouter-fallback']
}

/** The client should have had the whole answer. */
export function rescued({ answers }: Observation, settings: readonly string[]): readonly Finding[] {
  return answers.flatMap(({ heard }) => [
    ...when(
      heard.ending === 'error',
      'degraded',
      `${heard.status === 200 ? 'an error event' : heard.status} ${heard.code}`.trim(),
      settings,
    ),
    ...when(fallbackOf(heard) === 'response', 'degraded', 'the default text in place of an answer', settings),
  ])
}

/** Everything is back to where it was. */
export function leftoverFindings({ unsettled, leases, open, calls, sockets, after }: Leftovers): readonly Finding[] {
  return [
    ...when(unsettled > 0, 'fail', `${unsettled} requests were never settled`),
    ...when(leases > 0, 'fail', `${leases} leases are still open`),
    ...when(open.length > 0, 'fail', `still counted as open: ${open.join(', ')}`),
    ...when(calls > 0, 'fail', `${calls} calls to servers are still open`),
    ...when(sockets > 0, 'fail', `${sockets} connections to servers outlived the gateway`),
    ...when(after.ending !== 'whole' && after.ending !== 'error', 'fail', 'the next request was not answered'),
  ]
}
