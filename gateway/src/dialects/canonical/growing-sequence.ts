/** How an item of an answer is told in events while it grows. `index`: its place among those that were opened. */
export interface Growth<Item, Event> {
  /** Events that open it; undefined while it can't be said what it is. Asked until it opens. */
  open(item: Item, index: number): readonly Event[] | undefined
  /** Events for what has come since the last time. */
  take(item: Item, index: number): readonly Event[]
  /** Nothing more of it comes once another item has begun. */
  isComplete(item: Item): boolean
  /** The last events of it. `isLast`: the answer ends with it, and may have broken off in it. */
  close(item: Item, index: number, isLast: boolean): readonly Event[]
}

export interface GrowingSequence<Item, Event> {
  /** The item to which more of its kind belongs. */
  latest(): Item | undefined
  append(item: Item): void
  /** Events for what has come. */
  advance(): Event[]
  /** Nothing more comes: events that close all items. Those that could not be opened are never told of. */
  finish(): Event[]
  /** The item that was opened last and is not closed. */
  opened(): Item | undefined
}

/**
 * Items one after another, while those in a chat completion's chunks may overlap: the first that is not complete is told
 * as it grows, and what comes for later ones waits.
 */
export function createGrowingSequence<Item, Event>(growth: Growth<Item, Event>): GrowingSequence<Item, Event> {
  const waiting: Item[] = []
  let latest: Item | undefined
  let index = 0
  let open = false

  function grow(item: Item): readonly Event[] {
    const opening = open ? [] : growth.open(item, index)
    if (opening === undefined) return []
    open = true
    return [...opening, ...growth.take(item, index)]
  }

  function close(item: Item, isLast: boolean): readonly Event[] {
    waiting.shift()
    if (!open) return []
    open = false
    index += 1
    return growth.close(item, index - 1, isLast)
  }

  function tell(final: boolean): Event[] {
    const events: Event[] = []
    for (let item = waiting[0]; item !== undefined; item = waiting[0]) {
      events.push(...grow(item))
      const isLast = waiting.length === 1
      if (!final && (isLast || !open || !growth.isComplete(item))) break
      events.push(...close(item, isLast))
    }
    return events
  }

  return {
    latest: () => latest,
    append(item) {
      waiting.push(item)
      latest = item
    },
    advance: () => tell(false),
    finish: () => tell(true),
    opened: () => (open ? waiting[0] : undefined),
  }
}
