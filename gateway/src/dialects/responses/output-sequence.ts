import type { JsonObject } from '../../lib/json.ts'
import { createGrowingSequence } from '../canonical/growing-sequence.ts'
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

/** The API could tell of several items at once, but clients build on what OpenAI's servers do: one after another. */
export function createOutputSequence<Item extends OutputItem>(): OutputSequence<Item> {
  const closed: JsonObject[] = []
  let lastStatus: 'completed' | 'incomplete' = 'completed'

  const sequence = createGrowingSequence<Item, JsonObject>({
    open: (item, index) => item.open(index),
    take: (item) => item.take(),
    isComplete: (item) => item.complete(),
    close(item, _index, isLast) {
      const status = isLast ? lastStatus : 'completed'
      const events = item.close(status)
      closed.push(item.value(status))
      return events
    },
  })

  return {
    latest: sequence.latest,
    append: sequence.append,
    advance: sequence.advance,
    finish(status) {
      lastStatus = status
      return sequence.finish()
    },
    output() {
      const item = sequence.opened()
      return item === undefined ? [...closed] : [...closed, item.value('incomplete')]
    },
  }
}
