import type { JsonObject } from '../../endpoints/call.ts'
import type { CallItem } from './call-item.ts'
import type { MessageItem } from './message-item.ts'
import type { OutputItem } from './output-item.ts'
import type { ReasoningItem } from './reasoning-item.ts'

export type AnyItem = MessageItem | ReasoningItem | CallItem

export interface OutputSequence<Item extends OutputItem> {
  /** The item to which more of its kind belongs. */
  latest(): Item | undefined
  append(item: Item): void
  /** Events for what has come. */
  advance(): JsonObject[]
  /** Events that close all items; the last one, which an answer that was cut off broke off in, with this status. */
  finish(status: 'completed' | 'incomplete'): JsonObject[]
  /** The items that were closed, and the one that is open, as incomplete. */
  output(): readonly JsonObject[]
}

/**
 * Items one after another: the first that is not complete is sent as it grows, and what comes for later ones waits.
 * The API could tell of several at once, but clients build on what OpenAI's servers do.
 */
export function createOutputSequence<Item extends OutputItem>(): OutputSequence<Item> {
  const waiting: Item[] = []
  const closed: JsonObject[] = []
  let latest: Item | undefined
  let open = false

  function grow(item: Item): JsonObject[] {
    const opening = open ? [] : item.open(closed.length)
    if (opening === undefined) return []
    open = true
    return [...opening, ...item.take()]
  }

  function close(item: Item, status: 'completed' | 'incomplete'): JsonObject[] {
    waiting.shift()
    // What can't be said to the end was never told of.
    if (!open) return []
    open = false
    const events = item.close(status)
    closed.push(item.value(status))
    return events
  }

  return {
    latest: () => latest,
    append(item) {
      waiting.push(item)
      latest = item
    },
    advance() {
      const events: JsonObject[] = []
      for (let item = waiting[0]; item !== undefined; item = waiting[0]) {
        events.push(...grow(item))
        if (waiting.length === 1 || !open || !item.complete()) break
        events.push(...close(item, 'completed'))
      }
      return events
    },
    finish(status) {
      const events: JsonObject[] = []
      for (let item = waiting[0]; item !== undefined; item = waiting[0]) {
        const growing = grow(item)
        events.push(...growing, ...close(item, waiting.length === 1 ? status : 'completed'))
      }
      return events
    },
    output() {
      const [item] = waiting
      return open && item !== undefined ? [...closed, item.value('incomplete')] : [...closed]
    },
  }
}
