import type { JsonObject } from '../../lib/json.ts'

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

/** An item of the output while it grows. Events are without their `sequence_number`. */
export interface OutputItem {
  /** Events that open it as the output's item `index`; undefined while it can't be said what it is. Called until it opens. */
  open(index: number): JsonObject[] | undefined
  /** Events for what has come since the last time. */
  take(): JsonObject[]
  /** Nothing more of it comes once another item has begun. */
  complete(): boolean
  /** The last events of it; `take` was called before. */
  close(status: ItemStatus): JsonObject[]
  /** The item as far as it was told in events. */
  value(status: ItemStatus): JsonObject
}

export function itemEvent(stage: 'added' | 'done', index: number, item: JsonObject): JsonObject {
  return { type: `response.output_item.${stage}`, output_index: index, item }
}
