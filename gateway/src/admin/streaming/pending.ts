import type { BusEvent } from '../../telemetry/event-bus.ts'

/** Events that wait for a reader who is slow; more of them, and their topics begin anew. */
const MOST_EVENTS = 256

export type PendingItem =
  | { readonly kind: 'snapshot'; readonly topic: string; readonly lost: boolean }
  | {
      readonly kind: 'event'
      readonly topic: string
      readonly type: string
      readonly data: unknown
      readonly sequence: number
      readonly time: number
    }
  | { readonly kind: 'change'; readonly topic: string; readonly data: unknown }

/**
 * What one stream still has to be told, in bounded memory: changes of a topic are merged into one, and where events are
 * too many they are dropped, and whoever reads is told that, and gets the topics as they are.
 */
export class Pending {
  readonly #most: number
  /** Topic -> whether something of it was lost. Comes first. */
  readonly #snapshots = new Map<string, boolean>()
  #events: BusEvent[] = []
  readonly #changes = new Map<string, unknown>()

  constructor(most = MOST_EVENTS) {
    this.#most = most
  }

  /** Whether all that happened is told; changes of states may still wait. */
  get isCaughtUp(): boolean {
    return this.#snapshots.size === 0 && this.#events.length === 0
  }

  /** The topic begins anew: what waits of it is in its snapshot. */
  addSnapshot(topic: string, lost: boolean): void {
    this.#snapshots.set(topic, lost || this.#snapshots.get(topic) === true)
    this.#changes.delete(topic)
  }

  addEvent(event: BusEvent): void {
    this.#events.push(event)
    if (this.#events.length <= this.#most) return
    for (const { topic } of this.#events) this.addSnapshot(topic, true)
    this.#events = []
  }

  /** Without `merge` a change takes the place of the one before. */
  addChange(topic: string, data: unknown, merge: ((older: unknown, newer: unknown) => unknown) | undefined): void {
    // The snapshot that is yet to come has it.
    if (this.#snapshots.has(topic)) return
    const older = this.#changes.get(topic)
    this.#changes.set(topic, older === undefined || merge === undefined ? data : merge(older, data))
  }

  drop(topic: string): void {
    this.#snapshots.delete(topic)
    this.#changes.delete(topic)
    this.#events = this.#events.filter((event) => event.topic !== topic)
  }

  /** The next one, which is then taken as told. */
  next(): PendingItem | undefined {
    for (const [topic, lost] of this.#snapshots) {
      this.#snapshots.delete(topic)
      return { kind: 'snapshot', topic, lost }
    }
    const event = this.#events.shift()
    if (event !== undefined) return { kind: 'event', ...event }
    for (const [topic, data] of this.#changes) {
      this.#changes.delete(topic)
      return { kind: 'change', topic, data }
    }
    return undefined
  }
}
