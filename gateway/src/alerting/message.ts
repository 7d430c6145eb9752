import { randomUUID } from 'node:crypto'
import type { ShownAlert } from '@jairouter/contract/management/alerts'
import type { Alert, Notice } from '../alert/alert.ts'
import { describeAlert } from '../alert/describe-alert.ts'
import type { AlertRule } from '../alert/rule.ts'
import { isoTime } from '../lib/iso-time.ts'

/** Alerts in one message; of more it says how many. */
const MOST_IN_MESSAGE = 100

/** What a webhook is sent: names of the config, numbers and times. No text of a client, a model or a backend is in it. */
export function messageOf(receiver: string, notices: readonly Notice[], now: number): object {
  const told = notices.slice(0, MOST_IN_MESSAGE)
  return {
    version: 1,
    id: randomUUID(),
    sentAt: isoTime(now),
    receiver,
    alerts: told.map(({ kind, alert }) => ({
      ...shownAlert(alert),
      status: kind === 'resolved' ? 'resolved' : 'firing',
      repeated: kind === 'repeated',
    })),
    more: notices.length - told.length,
  }
}

export function shownAlert({ id, rule, state, subject, labels, value, startedAt, firedAt, endedAt, quiet }: Alert): ShownAlert {
  return {
    id,
    rule: rule.name,
    kind: rule.kind,
    severity: rule.severity,
    state,
    quiet: quiet ?? null,
    labels: { ...labels },
    value: Math.round(value * 10_000) / 10_000,
    above: rule.above,
    summary: describeAlert(rule, subject, value),
    description: rule.description,
    startedAt: isoTime(startedAt),
    firedAt: timeOf(firedAt),
    endedAt: timeOf(endedAt),
  }
}

function timeOf(time: number | undefined): string | null {
  return time === undefined ? null : isoTime(time)
}

const TEST_RULE: AlertRule = {
  name: 'test',
  kind: 'backend-down',
  builtin: false,
  description: 'A message that somebody asked for, to try the receiver out',
  above: 0,
  of: 'total',
  quantile: 0.95,
  windowMs: 300_000,
  minimum: 1,
  only: {},
  forMs: 0,
  severity: 'info',
  labels: {},
  receivers: [],
  repeatMs: 0,
  inhibitedBy: [],
}

export function testAlert(now: number): Alert {
  const subject = { backend: 'none (a test)' }
  const times = { startedAt: now, firedAt: now, endedAt: undefined }
  return { id: 'test', rule: TEST_RULE, subject, labels: subject, state: 'firing', value: 1, quiet: undefined, told: 1, ...times }
}
