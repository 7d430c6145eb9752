import type { AlertDesk } from '../alerting/alert-desk.ts'
import type { Deliveries } from '../alerting/deliveries.ts'
import type { Silences } from '../alerting/silences.ts'
import type { AlertSettings } from '../config/snapshot.ts'
import type { FailureDesk } from '../failures/failure-desk.ts'
import type { Gateway } from '../gateway.ts'
import type { HistoryStore } from '../history/port.ts'
import { isObject } from '../lib/json.ts'
import type { Store } from '../store/port.ts'
import type { EventBus } from '../telemetry/event-bus.ts'
import { FailureFeed } from '../telemetry/failure-feed.ts'
import type { Logger } from '../telemetry/log.ts'
import type { AlertCounts } from '../telemetry/state-metrics.ts'

export interface AlertingOptions {
  readonly gateway: () => Gateway
  readonly history: Pick<HistoryStore, 'page'>
  readonly store: Store
  readonly events: EventBus
  readonly log: Logger
  /** Whether anybody draws on a budget: their shares change without a request of this process. */
  readonly hasBudgets: () => boolean
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Monotonic milliseconds. */
  readonly monotonic: () => number
  readonly random: () => number
  /** Calls back once; returns the way not to. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
}

/** What looks at the rules, once it is loaded. */
export interface AlertingParts {
  readonly alerts: AlertDesk
  readonly failures: FailureDesk
  readonly silences: Silences
  readonly deliveries: Deliveries
}

/** Alerts and failures. Nothing of them is loaded before something has happened that a rule could find, or somebody asks. */
export interface Alerting {
  readonly feed: FailureFeed
  readonly counts: AlertCounts
  parts(): Promise<AlertingParts>
  /** Epoch milliseconds from which on the bus was listened to. */
  readonly since: number
  /** Alerts that are pending or fire, as they are shown. */
  shown(): Promise<unknown>
  /** Looks at the rules now and then, from now on. */
  start(): void
  /** Looks at them now; for tests. */
  look(): Promise<void>
  close(): void
}

export function openAlerting(options: AlertingOptions): Alerting {
  return new LazyAlerting(options)
}

class LazyAlerting implements Alerting {
  readonly feed = new FailureFeed(() => this.#hurry())
  readonly since: number
  readonly counts: AlertCounts = {
    states: () => this.#states(),
    notices: () =>
      (this.#loaded?.deliveries.states() ?? []).flatMap(({ receiver, sent, failed, dropped }) =>
        Object.entries({ sent, failed, dropped }).map(([result, count]) => ({ receiver, result, count })),
      ),
  }
  readonly #options: AlertingOptions
  readonly #unsubscribe: () => void
  #loaded: AlertingParts | undefined
  #loading: Promise<AlertingParts> | undefined
  #cancel = () => {}
  #isOver = false
  /** Something happened since the rules were looked at. */
  #isStirred = false
  #settled = 0
  /** No rule held. */
  #wasOff = false
  #unfollow = () => {}
  /** Those that hold, as text; undefined before the start. */
  #rules: string | undefined

  constructor(options: AlertingOptions) {
    this.#options = options
    this.since = options.now()
    this.#unsubscribe = options.events.subscribe(({ topic, type, data }) => {
      if (topic === 'instances' && isTrouble(data)) this.#isStirred = true
      if (topic === 'config' && type === 'in-force' && this.#rules !== undefined) this.#follow()
    })
  }

  parts(): Promise<AlertingParts> {
    return (this.#loading ??= this.#load().catch((error: unknown) => {
      // Whoever asks next tries again.
      this.#loading = undefined
      throw error
    }))
  }

  async shown(): Promise<unknown> {
    // Where nothing is loaded there is nothing.
    if (this.#loaded === undefined) return { items: [] }
    const { shownAlert } = await import('../alerting/message.ts')
    return { items: this.#loaded.alerts.active().map(shownAlert) }
  }

  start(): void {
    this.#rules = rulesIn(this.#settings())
    this.#schedule()
  }

  async look(): Promise<void> {
    const { rules } = this.#settings()
    const began = this.#wasOff && rules.length > 0
    this.#wasOff = rules.length === 0
    const { settled } = this.feed
    if (!began && !this.#isWorthwhile(rules.length, settled)) return
    this.#isStirred = false
    this.#settled = settled
    const { alerts } = await this.parts()
    if (this.#isOver) return
    if (began) alerts.beginAnew()
    alerts.look()
  }

  close(): void {
    this.#isOver = true
    this.#cancel()
    this.#unfollow()
    this.#unsubscribe()
    this.#loaded?.deliveries.close()
  }

  #settings(): AlertSettings {
    return this.#options.gateway().snapshot.alerts
  }

  /** Counters and states that nobody has touched make no rule true that was not. */
  #isWorthwhile(rules: number, settled: number): boolean {
    const active = this.#loaded?.alerts.isEmpty === false
    if (rules === 0) return active
    if (active || this.#isStirred || settled !== this.#settled) return true
    return this.#options.hasBudgets() || this.#options.gateway().plane.load().waiting > 0
  }

  /** Models that are discovered make another config, too: only other rules may find what is so already. */
  #follow(): void {
    const rules = rulesIn(this.#settings())
    if (rules === this.#rules) return
    this.#rules = rules
    this.#isStirred = true
    this.#schedule()
  }

  #schedule(): void {
    this.#cancel()
    if (this.#isOver) return
    this.#cancel = this.#options.after(this.#settings().everyMs, () => {
      this.look()
        .catch((error: unknown) => this.#options.log.warn({ error }, 'the rules of alerts could not be looked at; it is tried again'))
        .finally(() => this.#schedule())
    })
  }

  /** Many failures wait: they are records of requests, which are larger than what is kept of them. */
  #hurry(): void {
    setImmediate(() => {
      this.parts()
        .then(({ failures }) => failures.catchUp())
        .catch(() => {})
    })
  }

  async #load(): Promise<AlertingParts> {
    const [{ AlertDesk }, { Deliveries }, { Silences }, { FailureDesk }, { createAlertWebhook }] = await Promise.all([
      import('../alerting/alert-desk.ts'),
      import('../alerting/deliveries.ts'),
      import('../alerting/silences.ts'),
      import('../failures/failure-desk.ts'),
      import('../upstream/alert-webhook.ts'),
    ])
    const { gateway, store, log, now, monotonic, after, random } = this.#options
    const onError = (error: unknown) => log.warn({ error }, 'something of alerts and failures could not be read from the store')
    const failures = new FailureDesk({ ...this.#options, feed: this.feed, since: this.since, offset: () => now() - monotonic(), onError })
    const silences = new Silences({ store, now })
    const deliveries = new Deliveries({
      open: (settings) => createAlertWebhook(settings, () => gateway().connectPolicy()),
      now,
      random,
      after,
      onFailed: (receiver, why) => log.error({ receiver, why }, 'a message of alerts did not reach its receiver'),
    })
    const alerts = new AlertDesk({
      ...this.#options,
      settings: () => this.#settings(),
      metrics: gateway().metrics,
      failures,
      silences,
      deliveries,
    })
    await Promise.all([failures.load(), silences.load().catch(onError)])
    this.#unfollow = store.onChange(() => void Promise.all([silences.load(), failures.followMutes()]).catch(onError))
    this.#loaded = { alerts, failures, silences, deliveries }
    return this.#loaded
  }

  /** Every rule that holds, also while it finds nothing: a series that comes and goes can't be compared with anything. */
  *#states(): ReturnType<AlertCounts['states']> {
    const known = new Map(this.#loaded?.alerts.rules().map((state) => [state.rule.name, state]))
    for (const { name, severity } of this.#settings().rules) {
      const { pending = 0, firing = 0, quiet = 0 } = known.get(name) ?? {}
      for (const [state, count] of Object.entries({ pending, firing, quiet })) yield { rule: name, severity, state, count }
    }
  }
}

function rulesIn({ rules, everyMs }: AlertSettings): string {
  return JSON.stringify([rules, everyMs])
}

/** Of health and breakers: what a rule could find. */
function isTrouble(data: unknown): boolean {
  return isObject(data) && (data['to'] === 'unhealthy' || data['to'] === 'open')
}
