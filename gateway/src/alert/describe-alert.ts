import type { AlertRule } from './rule.ts'

/** One line for people. Holds names of the config and numbers. */
export function describeAlert(rule: AlertRule, subject: Readonly<Record<string, string>>, value: number): string {
  const model = subject['model'] ?? ''
  const of = model === '' ? 'all models' : model
  const minutes = shownTime(rule.windowMs)
  switch (rule.kind) {
    case 'error-rate':
      return `${shownShare(value)} of the requests to ${of} have failed in ${minutes} (more than ${shownShare(rule.above)})`
    case 'latency':
      return `p${round(rule.quantile * 100)} of ${TIMES[rule.of]} of ${of} was ${shownTime(value)} in ${minutes} (more than ${shownTime(rule.above)})`
    case 'breaker-open':
      return `The circuit breaker of ${subject['instance'] ?? ''} is open`
    case 'backend-down':
      return `The backend ${subject['backend'] ?? ''} is out`
    case 'rejections':
      return `${subject['budget'] === undefined ? `Limits by ${subject['scope'] ?? ''} reject` : `The budget ${subject['budget']} refuses`} ${round(value)} requests a minute (more than ${rule.above})`
    case 'budget':
      return `${shownShare(value)} of the budget ${subject['budget'] ?? ''} is spent (more than ${shownShare(rule.above)})`
    case 'queue-length':
      return `${value} requests wait for an instance of ${of} (more than ${rule.above})`
    case 'new-failure':
      return `A failure that was not seen before: ${failureOf(subject)}`
    case 'failure-rate':
      return `${round(value)} times a minute: ${failureOf(subject)} (more than ${rule.above})`
  }
}

const TIMES = {
  total: 'the duration',
  'first-token': 'the time to the first token',
  'between-tokens': 'the longest time between tokens',
  queue: 'the wait in the queue',
} as const satisfies Readonly<Record<AlertRule['of'], string>>

function failureOf({ code = '', status = '', model = '', backend = '' }: Readonly<Record<string, string>>): string {
  return [code, `status ${status}`, model === '' ? '' : `model ${model}`, backend === '' ? '' : `backend ${backend}`]
    .filter((part) => part !== '')
    .join(', ')
}

function shownShare(share: number): string {
  return `${round(share * 100)} %`
}

function shownTime(ms: number): string {
  if (ms < 1_000) return `${round(ms)} ms`
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${round(ms / 1_000)} s`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
