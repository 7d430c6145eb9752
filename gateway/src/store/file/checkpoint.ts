import { type KeptDocument, type LogHead, StoreState } from '../store-state.ts'
import type { Segment } from './segments.ts'

/** The whole state of a store after a commit, as JSON; of the logs, where their entries are. */
export interface Checkpoint {
  readonly documents: readonly (readonly [collection: string, documents: readonly (readonly [id: string, KeptDocument])[]])[]
  readonly counters: readonly (readonly [counter: string, value: number])[]
  readonly logs: readonly (readonly [log: string, LogHead & { readonly segments: readonly Segment[] }])[]
}

export function toCheckpoint(state: StoreState, segments: ReadonlyMap<string, readonly Segment[]>): Checkpoint {
  return {
    documents: [...state.documents].map(([collection, documents]) => [collection, [...documents]]),
    counters: [...state.counters],
    logs: [...state.logs].map(([log, head]) => [log, { ...head, segments: segments.get(log) ?? [] }]),
  }
}

export interface Restored {
  readonly state: StoreState
  readonly segments: Map<string, readonly Segment[]>
}

export function fromCheckpoint(number: number, { documents, counters, logs }: Checkpoint): Restored {
  const state = new StoreState()
  state.number = number
  for (const [collection, kept] of documents) state.documents.set(collection, new Map(kept))
  for (const [counter, value] of counters) state.counters.set(counter, value)
  for (const [log, { first, last, base, hash }] of logs) state.logs.set(log, { first, last, base, hash })
  return { state, segments: new Map(logs.map(([log, { segments }]) => [log, segments])) }
}

export function segmentsOf({ logs }: Checkpoint): readonly Segment[] {
  return logs.flatMap(([, { segments }]) => segments)
}
