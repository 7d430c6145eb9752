import { EVENT_SEVERITIES, type EventKind, type EventSeverity } from '@jairouter/contract/management/event-names'
import type { GatewayEvent } from '@jairouter/contract/management/events'
import { isoTime } from '../lib/iso-time.ts'
import { isObject, stringOf, type JsonObject } from '../lib/json.ts'
import type { BusEvent } from './event-bus.ts'

interface Look {
  readonly kind: EventKind
  /** Field of the data that says what the event is about; undefined: it is about the gateway. */
  readonly subject?: string
  /** What happened to it, where the event's own type says no more than its kind. */
  readonly type?: (data: JsonObject) => string
  readonly severity?: (data: JsonObject, type: string) => EventSeverity
}

const CHANGE_OF_STATE = ({ to }: JsonObject): string => stringOf(to)

/** `topic.type`, or the topic for all of its types -> what an event is shown as. */
const LOOKS: Readonly<Record<string, Look>> = {
  'instances.health': {
    kind: 'health',
    subject: 'backend',
    type: CHANGE_OF_STATE,
    severity: ({ to }) => (to === 'unhealthy' ? 'critical' : 'info'),
  },
  'instances.breaker': {
    kind: 'breaker',
    subject: 'instance',
    type: CHANGE_OF_STATE,
    severity: ({ to }) => (to === 'open' ? 'warning' : 'info'),
  },
  'instances.credential': {
    kind: 'credential',
    subject: 'backend',
    type: ({ accepted }) => (accepted === true ? 'accepted' : 'refused'),
    severity: ({ accepted }) => (accepted === true ? 'info' : 'critical'),
  },
  'overview.overload': { kind: 'overload', type: CHANGE_OF_STATE, severity: ({ to }) => (to === 'calm' ? 'info' : 'warning') },
  overrides: { kind: 'override', subject: 'instance' },
  config: { kind: 'config' },
  limits: { kind: 'limit', subject: 'key', severity: () => 'warning' },
  'budgets.warning': { kind: 'budget', subject: 'id', severity: () => 'warning' },
  budgets: { kind: 'budget', subject: 'id' },
  keys: { kind: 'key', subject: 'id' },
  teams: { kind: 'team', subject: 'id' },
  blocks: { kind: 'block', subject: 'id' },
  alert: { kind: 'alert', subject: 'rule', severity: severityOfAlert },
  decisions: { kind: 'decision', subject: 'instance', severity: ({ code }) => (typeof code === 'string' ? 'warning' : 'info') },
  jobs: { kind: 'job', subject: 'id' },
  gateway: { kind: 'start' },
}

/** An event of the bus as the management API tells it. `idOf`: the resume token of all up to a sequence. */
export function eventView({ sequence, topic, type, data, time }: BusEvent, idOf: (sequence: number) => string): GatewayEvent {
  const look = LOOKS[`${topic}.${type}`] ?? LOOKS[topic] ?? { kind: 'other' }
  const fields = isObject(data) ? data : {}
  return {
    id: idOf(sequence),
    sequence,
    time: isoTime(time),
    kind: look.kind,
    type: look.type?.(fields) ?? type,
    severity: look.severity?.(fields, type) ?? 'info',
    subject: look.subject === undefined ? '' : stringOf(fields[look.subject]),
    data,
  }
}

/** As the rule says, and where it is over it is nothing to worry about. */
function severityOfAlert({ severity }: JsonObject, type: string): EventSeverity {
  if (type === 'resolved') return 'info'
  return EVENT_SEVERITIES.find((known) => known === severity) ?? 'warning'
}
