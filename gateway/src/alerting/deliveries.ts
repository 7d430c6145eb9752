import { randomUUID } from 'node:crypto'
import { isoTime } from '../lib/iso-time.ts'
import type { WebhookSettings } from '../config/snapshot.ts'
import type { AlertWebhook } from '../upstream/alert-webhook.ts'
import type { BatchResult } from '../upstream/batch-receiver.ts'

/** Messages that wait for a receiver; of more the oldest goes. */
const MOST_WAITING = 20
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 60_000

export interface DeliveryCounts {
  sent: number
  /** Given up after all tries, or refused. */
  failed: number
  /** Had to make room before they were sent. */
  dropped: number
  /** Tries that came to nothing. */
  retried: number
}

export interface DeliveryState extends Readonly<DeliveryCounts> {
  readonly receiver: string
  readonly waiting: number
  readonly lastSentAt: string | null
  /** Of the last try, where it came to nothing; holds nothing that the receiver said. */
  readonly lastError: { readonly at: string; readonly why: string } | null
}

export interface DeliveriesOptions {
  readonly open: (settings: WebhookSettings) => AlertWebhook
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly random: () => number
  /** Calls back once; returns the way not to. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
  readonly onFailed: (receiver: string, why: string) => void
}

/** Messages on their way to webhooks: in order for each, with tries that are bounded, and never more than a few that wait. */
export class Deliveries {
  readonly #options: DeliveriesOptions
  readonly #lines = new Map<string, Line>()

  constructor(options: DeliveriesOptions) {
    this.#options = options
  }

  /** Receivers are these now. One whose address or credentials are others begins anew, with what waits for it. */
  follow(receivers: ReadonlyMap<string, WebhookSettings>): void {
    for (const [name, line] of this.#lines) {
      const settings = receivers.get(name)
      if (settings === undefined) {
        line.close()
        this.#lines.delete(name)
      } else if (JSON.stringify(settings) !== JSON.stringify(line.settings)) line.become(settings)
    }
    for (const [name, settings] of receivers) if (!this.#lines.has(name)) this.#lines.set(name, new Line(settings, this.#options))
  }

  /** Of no use where there is no such receiver. */
  send(receiver: string, body: object): void {
    this.#lines.get(receiver)?.send({ id: randomUUID(), body })
  }

  /** One try out of turn; undefined where there is no such receiver. */
  async test(receiver: string, body: object): Promise<BatchResult | undefined> {
    return this.#lines.get(receiver)?.test({ id: randomUUID(), body })
  }

  states(): readonly DeliveryState[] {
    return [...this.#lines.values()].map((line) => line.state())
  }

  close(): void {
    for (const line of this.#lines.values()) line.close()
  }
}

interface Message {
  readonly id: string
  readonly body: object
}

class Line {
  readonly #options: DeliveriesOptions
  readonly #over = new AbortController()
  readonly #counts: DeliveryCounts = { sent: 0, failed: 0, dropped: 0, retried: 0 }
  #webhook: AlertWebhook | undefined
  #settings: WebhookSettings
  #waiting: Message[] = []
  #isBusy = false
  #cancelWait = () => {}
  #lastSentAt: number | undefined
  #lastError: { readonly at: number; readonly why: string } | undefined

  constructor(settings: WebhookSettings, options: DeliveriesOptions) {
    this.#settings = settings
    this.#options = options
  }

  get settings(): WebhookSettings {
    return this.#settings
  }

  become(settings: WebhookSettings): void {
    this.#settings = settings
    this.#webhook?.close()
    this.#webhook = undefined
  }

  send(message: Message): void {
    if (this.#waiting.length >= MOST_WAITING) {
      // The first one may be on its way.
      this.#waiting.splice(1, 1)
      this.#counts.dropped += 1
    }
    this.#waiting.push(message)
    if (!this.#isBusy) void this.#run()
  }

  test(message: Message): Promise<BatchResult> {
    return this.#try(message)
  }

  state(): DeliveryState {
    const error = this.#lastError
    return {
      receiver: this.#settings.name,
      ...this.#counts,
      waiting: this.#waiting.length,
      lastSentAt: this.#lastSentAt === undefined ? null : isoTime(this.#lastSentAt),
      lastError: error === undefined ? null : { at: isoTime(error.at), why: error.why },
    }
  }

  close(): void {
    this.#over.abort(new Error('the receiver is gone'))
    this.#cancelWait()
    this.#waiting = []
    this.#webhook?.close()
    this.#webhook = undefined
  }

  async #run(): Promise<void> {
    this.#isBusy = true
    for (let next = this.#waiting[0]; next !== undefined && !this.#over.signal.aborted; next = this.#waiting[0]) {
      await this.#deliver(next)
      if (this.#waiting[0] === next) this.#waiting.shift()
    }
    this.#isBusy = false
  }

  async #deliver(message: Message): Promise<void> {
    for (let tries = 1; !this.#over.signal.aborted; tries += 1) {
      const result = await this.#try(message)
      if (result.kind === 'taken') {
        this.#counts.sent += 1
        return
      }
      if (this.#over.signal.aborted) return
      if (result.kind === 'refused' || tries >= this.#settings.attempts) {
        this.#counts.failed += 1
        return this.#options.onFailed(this.#settings.name, result.why)
      }
      this.#counts.retried += 1
      await this.#wait(waitBefore(tries, result.waitMs, this.#options.random()))
    }
  }

  async #try({ id, body }: Message): Promise<BatchResult> {
    const { open, now } = this.#options
    this.#webhook ??= open(this.#settings)
    const result = await this.#webhook.send({ id, body: JSON.stringify(body) }, { now: now(), signal: this.#over.signal })
    if (result.kind === 'taken') {
      this.#lastSentAt = now()
      this.#lastError = undefined
    } else this.#lastError = { at: now(), why: result.why }
    return result
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.after(milliseconds, resolve)
      this.#cancelWait = () => {
        cancel()
        resolve()
      }
    })
  }
}

/** Twice as long each time, and up to half of that again, so that not all come back at once; what the receiver asks for counts within a bound. */
function waitBefore(tries: number, asked: number | undefined, random: number): number {
  const usual = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1)) * (1 + random / 2)
  return Math.min(LONGEST_WAIT_MS, Math.max(usual, asked ?? 0))
}
