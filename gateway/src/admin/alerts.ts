import {
  ALERT_LIST_EXAMPLE,
  ALERT_RULE_EXAMPLE,
  alertListSchema,
  alertRuleListSchema,
  RULE_TEST_EXAMPLE,
  ruleTestSchema,
  testRuleSchema,
  type AlertRuleState,
  type RuleTest,
} from '@jairouter/contract/management/alerts'
import { listQuerySchema } from '@jairouter/contract/management/list'
import { ALERT_SEVERITIES, LOG_RECEIVER, type AlertRuleConfig } from '@jairouter/contract/alerts'
import type { Alert, AlertState } from '../alert/alert.ts'
import type { AlertRule } from '../alert/rule.ts'
import type { AlertDesk, RuleState } from '../alerting/alert-desk.ts'
import { shownAlert } from '../alerting/message.ts'
import { rehearse } from '../alerting/rehearse.ts'
import { checkKind, compileRule } from '../config/compile-alerts.ts'
import type { AlertSettings } from '../config/snapshot.ts'
import type { HistoryStore } from '../history/port.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { BusEvent, EventBus } from '../telemetry/event-bus.ts'
import { listPage } from './list-page.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'

export interface AlertPorts {
  /** Loaded when it is asked for. */
  readonly alerts: () => Promise<AlertDesk>
  readonly settings: () => AlertSettings
  readonly history: Pick<HistoryStore, 'page'>
  readonly events: EventBus
  /** Epoch milliseconds from which on the bus is there. */
  readonly since: number
  /** Epoch milliseconds. */
  readonly now: () => number
}

const tag = 'Alerts'
const HOUR_MS = 3_600_000
const LONGEST_RANGE_MS = 31 * 24 * HOUR_MS

/** What the gateway's own rules have found. The rules themselves are a part of the config, and changed as such. */
export function alertRoutes(ports: AlertPorts): readonly AnyRoute[] {
  return [listRoute(ports), ruleRoute(ports), testRoute(ports)]
}

function listRoute({ alerts, now }: AlertPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/alerts',
    permission: 'alerts.read',
    tag,
    summary: 'Alerts that fire, that may fire soon, and the last ones that are over',
    answers: { 200: { description: 'Alerts by their state', schema: alertListSchema } },
    example: { answer: ALERT_LIST_EXAMPLE },
    async handle() {
      const desk = await alerts()
      const inState = (state: AlertState) =>
        desk
          .active()
          .filter((alert) => alert.state === state)
          .toSorted(bySeverity)
      const shown = (some: readonly Alert[]) => some.map(shownAlert)
      return {
        body: {
          firing: shown(inState('firing')),
          pending: shown(inState('pending')),
          resolved: shown(desk.resolved()),
          lookedAt: desk.lookedAt === undefined ? null : isoTime(desk.lookedAt),
          asOf: isoTime(now()),
        },
      }
    },
  })
}

/** The worst first. */
function bySeverity(one: Alert, other: Alert): number {
  return ALERT_SEVERITIES.indexOf(one.rule.severity) - ALERT_SEVERITIES.indexOf(other.rule.severity)
}

function ruleRoute({ alerts, now }: AlertPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/alerts/rules',
    permission: 'alerts.read',
    tag,
    summary: 'Rules that hold, with those that came with the gateway, and how they stand',
    description: 'They are changed at `/alert-rules`.',
    query: listQuerySchema,
    answers: { 200: { description: 'Rules', schema: alertRuleListSchema } },
    example: { answer: { items: [ALERT_RULE_EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-10-01T09:02:07.000Z' } },
    async handle({ query }) {
      const items = (await alerts()).rules().map(shownRule)
      const fields = {
        name: ({ name }: AlertRuleState) => name,
        kind: ({ kind }: AlertRuleState) => kind,
        severity: ({ severity }: AlertRuleState) => severity,
        state: ({ state }: AlertRuleState) => state,
      }
      return { body: listPage(items, query, { fields, id: ({ name }) => name, sort: 'name', now: now() }) }
    },
  })
}

function testRoute({ alerts, settings, history, events, since, now }: AlertPorts): AnyRoute {
  return defineRoute({
    method: 'POST',
    path: '/alerts/rules/test',
    permission: 'alerts.read',
    tag,
    summary: 'When a rule would have fired',
    description:
      'Rules over requests are played over the history, rules over backends and breakers over the last events in memory; of budgets, queues and silences in streams the present alone is known. `covered` says what was looked at. Nobody is told.',
    body: testRuleSchema,
    answers: { 200: { description: 'What it would have found', schema: ruleTestSchema } },
    example: {
      request: { rule: { name: 'smart-errors', kind: 'error-rate', above: 0.05, only: { model: 'smart' }, for: '2m' } },
      answer: RULE_TEST_EXAMPLE,
    },
    async handle({ body }) {
      const rule = ruleOf(body, settings())
      const range = rangeOf(body.range, now())
      const desk = await alerts()
      const known = kept(events)
      const [first] = known
      const eventsSince = first === undefined || first.sequence === 1 ? since : first.time
      const rehearsed = await rehearse(rule, range, { history, events: known, eventsSince, everyMs: settings().everyMs, now })
      const present = desk.findingsOf(rule).map(({ subject, value }) => ({ labels: { ...rule.labels, ...subject }, value }))
      const answer: RuleTest = { ...rehearsed, now: present }
      return { body: answer }
    },
  })
}

/** All that the bus has not forgotten, oldest first. */
function kept(events: EventBus): readonly BusEvent[] {
  let [forgotten, known] = [-1, events.last]
  while (known - forgotten > 1) {
    const middle = Math.floor((known + forgotten) / 2)
    if (events.since(middle) === undefined) forgotten = middle
    else known = middle
  }
  return events.since(known) ?? []
}

function ruleOf(
  { rule, name }: { readonly rule?: AlertRuleConfig | undefined; readonly name?: string | undefined },
  settings: AlertSettings,
): AlertRule {
  if (rule === undefined) {
    const known = settings.rules.find((one) => one.name === name)
    if (known !== undefined) return known
    const message = `There is no rule "${name}" that holds`
    throw new AdminProblem('invalid_request', message, { details: [{ pointer: '/name', code: 'not_found', message }] })
  }
  checkKind(rule, ['rule'], (path, message) => {
    throw new AdminProblem('invalid_request', message, { details: [{ pointer: `/${path.join('/')}`, code: 'invalid_field', message }] })
  })
  return compileRule(rule, { receivers: [LOG_RECEIVER], repeat: 0, builtin: false })
}

function rangeOf(
  range: { readonly from: string; readonly to?: string | undefined } | undefined,
  now: number,
): { from: number; to: number } {
  const to = range?.to === undefined ? now : Math.min(now, Date.parse(range.to))
  const from = range === undefined ? to - HOUR_MS : Date.parse(range.from)
  if (from < to && to - from <= LONGEST_RANGE_MS) return { from, to }
  const message = 'expected a time before `to`, at most 31 days'
  throw new AdminProblem('invalid_request', message, { details: [{ pointer: '/range/from', code: 'invalid_field', message }] })
}

function shownRule({ rule, pending, firing, quiet }: RuleState): AlertRuleState {
  const { name, kind, severity, builtin, above, windowMs, forMs, repeatMs } = rule
  return {
    name,
    kind,
    severity,
    builtin,
    state: firing + quiet > 0 ? 'firing' : pending > 0 ? 'pending' : 'quiet',
    pending,
    firing,
    silent: quiet,
    above,
    windowMs,
    forMs,
    repeatMs,
    only: { ...rule.only },
    labels: { ...rule.labels },
    receivers: [...rule.receivers],
    inhibitedBy: [...rule.inhibitedBy],
  }
}
