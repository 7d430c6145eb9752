import { Readable } from 'node:stream'
import { STREAM_EVENTS } from '@jairouter/contract/management/stream'
import { isoTime } from '../../lib/iso-time.ts'
import { Pending, type PendingItem } from './pending.ts'
import { sseText, type StreamFormat } from './stream-format.ts'
import type { Topic } from './topic.ts'

/** Bytes that may wait for the socket before telling stops. */
const HIGH_WATER_BYTES = 64 * 1024
const PING = ': ping\n\n'
/** Pings in a row that found no reader: nobody is there. */
const MOST_UNHEARD = 8

export interface SseStreamOptions {
  readonly id: string
  readonly topicOf: (name: string) => Topic | undefined
  readonly format: StreamFormat
  /** The resume token of all that happened up to an event of the bus. */
  readonly token: (sequence: number) => string
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly onError: (error: unknown) => void
}

/** The text of one stream. Tells as fast as it is read, and holds what waits in bounded memory. */
export class SseStream extends Readable {
  readonly id: string
  readonly topics = new Set<string>()
  readonly #options: SseStreamOptions
  readonly #pending = new Pending()
  #wanted = false
  #telling = false
  #unheard = 0
  #ending: string | undefined
  /** Topics that could not be told when it was their turn. */
  readonly #failed = new Set<string>()
  /** Events of the bus up to here are told, or wait. */
  #seen: number

  constructor(options: SseStreamOptions, seen: number) {
    super({ highWaterMark: HIGH_WATER_BYTES })
    this.id = options.id
    this.#options = options
    this.#seen = seen
    this.push(options.format.open(options.id, options.token(seen)))
  }

  follow(topic: string, begin: 'snapshot' | 'gap' | 'resumed'): void {
    this.topics.add(topic)
    if (begin !== 'resumed') this.#pending.addSnapshot(topic, begin === 'gap')
    this.#tell()
  }

  unfollow(topic: string): void {
    this.topics.delete(topic)
    this.#pending.drop(topic)
  }

  event(event: Parameters<Pending['addEvent']>[0]): void {
    for (const name of this.topics) {
      const select = this.#options.topicOf(name)?.select
      const data = select === undefined ? event.data : select(event)
      if (select === undefined ? event.topic === name : data !== undefined) this.#pending.addEvent({ ...event, topic: name, data })
    }
    this.#seen = event.sequence
    this.#tell()
  }

  change(topic: string, data: unknown): void {
    if (!this.topics.has(topic)) return
    this.#pending.addChange(topic, data, this.#options.topicOf(topic)?.merge)
    this.#tell()
  }

  /** Keeps proxies from cutting a quiet connection, and finds out who has stopped to read. */
  ping(): void {
    if (this.#wanted && this.#ending === undefined) {
      this.#unheard = 0
      for (const topic of this.#failed) if (this.topics.has(topic)) this.#pending.addSnapshot(topic, true)
      this.#failed.clear()
      this.#wanted = this.push(PING)
      this.#tell()
      return
    }
    this.#unheard += 1
    if (this.#unheard >= MOST_UNHEARD) this.destroy()
  }

  /** Ends it with a word, if that can still be said. */
  end(reason: string): void {
    if (this.#ending !== undefined || this.destroyed) return
    this.#ending = reason
    // In the middle of a snapshot it is said after that.
    if (!this.#telling) this.#finish(reason)
  }

  override _read(): void {
    this.#wanted = true
    this.#tell()
  }

  #tell(): void {
    if (this.#telling || !this.#wanted || this.#ending !== undefined) return
    this.#telling = true
    void this.#tellAll().finally(() => {
      this.#telling = false
      if (this.#ending !== undefined) this.#finish(this.#ending)
    })
  }

  async #tellAll(): Promise<void> {
    while (this.#wanted && this.#ending === undefined && !this.destroyed) {
      const item = this.#pending.next()
      if (item === undefined) return
      try {
        const text = await this.#textOf(item)
        if (text !== '' && !this.destroyed) this.#wanted = this.push(text)
      } catch (error) {
        this.#options.onError(error)
        this.#failed.add(item.topic)
      }
    }
  }

  async #textOf(item: PendingItem): Promise<string> {
    const { token, now, format } = this.#options
    if (item.kind === 'event') {
      const { topic, type, data, time, sequence } = item
      return format.told({ topic, type, data, time: isoTime(time) }, token(sequence))
    }
    if (item.kind === 'change')
      return format.told({ topic: item.topic, type: 'change', data: item.data, time: isoTime(now()) }, this.#tokenNow())
    const topic = this.#options.topicOf(item.topic)
    if (topic === undefined) return format.gone(item.topic)
    const data = await topic.snapshot()
    return format.snapshot({ topic: item.topic, data, time: isoTime(now()), lost: item.lost }, this.#tokenNow())
  }

  /** None while something waits that whoever resumes from here would not be told. */
  #tokenNow(): string | undefined {
    return this.#pending.isCaughtUp ? this.#options.token(this.#seen) : undefined
  }

  #finish(reason: string): void {
    if (this.destroyed || this.readableEnded) return
    this.push(sseText(STREAM_EVENTS.end, { reason }))
    this.push(null)
  }
}
