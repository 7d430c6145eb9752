/** Columns of what happened to the gateway, in their order. */
export const EVENT_COLUMNS = {
  /** Epoch milliseconds. */
  time: 'integer',
  kind: 'text',
  type: 'text',
  severity: 'text',
  /** '' where it is about the gateway. */
  subject: 'text',
  /** JSON. */
  data: 'text',
} as const

export interface EventRow {
  readonly time: number
  readonly kind: string
  readonly type: string
  readonly severity: string
  readonly subject: string
  readonly data: string
}

/** As it is kept: `seq` is the store's own, and counts up. */
export type StoredEvent = EventRow & { readonly seq: number }

export const EVENT_NAMES = Object.keys(EVENT_COLUMNS) as readonly (keyof EventRow)[]
