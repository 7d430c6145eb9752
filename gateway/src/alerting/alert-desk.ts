import { AlertBook, type LookedAt } from '../alert/alert-book.ts'
import type { Alert, Notice } from '../alert/alert.ts'
import { findingsOf, type Finding, type Figures } from '../alert/findings.ts'
import type { AlertRule } from '../alert/rule.ts'
import { SampleRing } from '../alert/sample-ring.ts'
import type { AlertSettings } from '../config/snapshot.ts'
import type { FailureDesk } from '../failures/failure-desk.ts'
import type { EventBus } from '../telemetry/event-bus.ts'
import type { Logger } from '../telemetry/log.ts'
import { LOG_RECEIVER } from '@jairouter/contract/alerts'
import type { BatchResult } from '../upstream/batch-receiver.ts'
import type { Deliveries } from './deliveries.ts'
import { messageOf, shownAlert, testAlert } from './message.ts'
import { needsSamples, readFigures, readSample, type ShownMetrics } from './read-figures.ts'
import type { Silences } from './silences.ts'

export interface AlertDeskOptions {
  readonly settings: () => AlertSettings
  readonly metrics: ShownMetrics
  readonly failures: FailureDesk
  readonly silences: Silences
  readonly deliveries: Deliveries
  readonly events: EventBus
  readonly log: Pick<Logger, 'error' | 'warn' | 'info'>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Milliseconds. */
  readonly monotonic: () => number
}

/** A rule and how it stands. */
export interface RuleState {
  readonly rule: AlertRule
  readonly pending: number
  readonly firing: number
  readonly quiet: number
}

const LEVELS = { critical: 'error', warning: 'warn', info: 'info' } as const

/** Looks at the rules, keeps what they found, and has it told. */
export class AlertDesk {
  readonly #options: AlertDeskOptions
  readonly #book = new AlertBook()
  readonly #past = new SampleRing()
  #lookedAt: number | undefined

  constructor(options: AlertDeskOptions) {
    this.#options = options
  }

  /** Nothing is pending, and nothing fires. */
  get isEmpty(): boolean {
    return this.#book.isEmpty
  }

  /** Epoch milliseconds; undefined: not yet. */
  get lookedAt(): number | undefined {
    return this.#lookedAt
  }

  active(): readonly Alert[] {
    return [...this.#book.active()]
  }

  resolved(): readonly Alert[] {
    return this.#book.resolved()
  }

  rules(): readonly RuleState[] {
    const alerts = this.active()
    return this.#options.settings().rules.map((rule) => {
      const own = alerts.filter((alert) => alert.rule.name === rule.name)
      const count = (state: Alert['state'], quiet: boolean) =>
        own.filter((alert) => alert.state === state && (alert.quiet !== undefined) === quiet).length
      return { rule, pending: count('pending', false), firing: count('firing', false), quiet: count('firing', true) }
    })
  }

  /** What a rule finds just now. */
  findingsOf(rule: AlertRule): readonly Finding[] {
    // Where nobody samples, nothing is known of a window.
    if (this.#past.size > 0) this.#sample()
    return findingsOf(rule, this.#figures([rule]))
  }

  /** Rules hold again that did not for a while. */
  beginAnew(): void {
    this.#past.restart()
    this.#sample()
  }

  look(): void {
    const { settings, monotonic, now, silences, deliveries } = this.#options
    const { rules, receivers } = settings()
    deliveries.follow(receivers)
    if (rules.some(needsSamples)) this.#sample()
    const figures = this.#figures(rules)
    const looked = rules.map((rule): LookedAt => ({ rule, findings: findingsOf(rule, figures) }))
    const isSilenced = (alert: Alert) => silences.silences(alert)
    const { changes, notices } = this.#book.step({ rules: looked, now: monotonic(), wallClock: now(), isSilenced })
    this.#lookedAt = now()
    for (const alert of changes) this.#options.events.publish('alert', alert.state, shownAlert(alert))
    this.#tell(notices)
  }

  /** One message to one receiver, by hand; undefined where there is none of that name. */
  async test(receiver: string): Promise<BatchResult | undefined> {
    const { settings, deliveries, now } = this.#options
    deliveries.follow(settings().receivers)
    if (receiver !== LOG_RECEIVER)
      return deliveries.test(receiver, messageOf(receiver, [{ kind: 'firing', alert: testAlert(now()) }], now()))
    this.#log({ kind: 'firing', alert: testAlert(now()) })
    return { kind: 'taken', rejected: 0 }
  }

  #sample(): void {
    const { settings, metrics, monotonic } = this.#options
    this.#past.add(readSample(metrics), monotonic(), Math.max(0, ...settings().rules.map(({ windowMs }) => windowMs)))
  }

  #figures(rules: readonly AlertRule[]): Figures {
    const { metrics, failures } = this.#options
    const looksAtFailures = rules.some(({ kind }) => kind === 'new-failure' || kind === 'failure-rate')
    return readFigures(metrics, this.#past, looksAtFailures ? failures.figures() : [])
  }

  /** Each receiver gets what is for it as one message. */
  #tell(notices: readonly Notice[]): void {
    const { deliveries, now } = this.#options
    const byReceiver = new Map<string, Notice[]>()
    for (const notice of notices)
      for (const name of notice.alert.rule.receivers) byReceiver.set(name, [...(byReceiver.get(name) ?? []), notice])
    for (const [name, own] of byReceiver) {
      if (name === LOG_RECEIVER) for (const notice of own) this.#log(notice)
      else deliveries.send(name, messageOf(name, own, now()))
    }
  }

  #log({ kind, alert }: Notice): void {
    const { rule, severity, labels, value, summary } = shownAlert(alert)
    const level = kind === 'resolved' ? 'info' : LEVELS[severity]
    this.#options.log[level](
      { alert: { rule, severity, labels, value, kind } },
      kind === 'resolved' ? `alert is over: ${summary}` : `alert: ${summary}`,
    )
  }
}
