import type { EventRow } from '../event-row.ts'
import { ATTEMPT_NAMES, CONTENT_NAMES, REQUEST_NAMES, type HistoryEntry } from '../history-row.ts'
import type { HistoryStore } from '../port.ts'
import { SUMMED_NAMES, type SummedRow } from '../roll-up.ts'
import { SERIES_ATTEMPT_NAMES, SERIES_REQUEST_NAMES, type SeriesEntry } from '../series-roll-up.ts'

/** In the folder of store.path. */
export const HISTORY_DATABASE = 'history.db'

export interface HistoryMethods extends Omit<HistoryStore, 'kind' | 'write'> {
  /** `packed`: see `pack`. */
  write(id: string, packed: readonly string[], events: readonly EventRow[]): Promise<void>
}

type Cell = string | number | null
export type PackedEntry = readonly [request: readonly Cell[], attempts: readonly (readonly Cell[])[], content?: readonly Cell[]]

/** As one text, which crosses to another thread three times as fast as the objects would. */
export function pack(entries: readonly HistoryEntry[]): string {
  const packed = entries.map(({ request, attempts, content }): PackedEntry => {
    const cells = REQUEST_NAMES.map((name) => request[name])
    const calls = attempts.map((attempt) => ATTEMPT_NAMES.map((name) => attempt[name]))
    return content === undefined ? [cells, calls] : [cells, calls, CONTENT_NAMES.map((name) => content[name])]
  })
  return JSON.stringify(packed)
}

export function unpack(text: string): readonly PackedEntry[] {
  return JSON.parse(text) as readonly PackedEntry[]
}

const REQUEST_CELLS = [...new Set([...SUMMED_NAMES, ...SERIES_REQUEST_NAMES])].map((name) => [name, REQUEST_NAMES.indexOf(name)] as const)
const ATTEMPT_CELLS = SERIES_ATTEMPT_NAMES.map((name) => [name, ATTEMPT_NAMES.indexOf(name)] as const)

/** As far as sums and series are made of it: most of a row is not. */
export function summedOf([request, attempts]: PackedEntry): { readonly request: SummedRow } & SeriesEntry {
  // All columns are there.
  return {
    request: rowOf(REQUEST_CELLS, request) as unknown as SummedRow & SeriesEntry['request'],
    attempts: attempts.map((cells) => rowOf(ATTEMPT_CELLS, cells) as unknown as SeriesEntry['attempts'][number]),
  }
}

function rowOf(places: readonly (readonly [name: string, index: number])[], cells: readonly Cell[]): Record<string, Cell> {
  const row: Record<string, Cell> = {}
  for (const [name, index] of places) row[name] = cells[index] ?? null
  return row
}
