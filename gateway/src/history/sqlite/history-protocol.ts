import type { EventRow } from '../event-row.ts'
import { ATTEMPT_NAMES, REQUEST_NAMES } from '../history-row.ts'
import type { Cell, EntryCells } from '../packed-entries.ts'
import { SUMMED_NAMES, type SummedRow } from '../roll-up.ts'
import { SERIES_ATTEMPT_NAMES, SERIES_REQUEST_NAMES, type SeriesEntry } from '../series-roll-up.ts'
import type { HistoryStore } from '../port.ts'

/** In the folder of store.path. */
export const HISTORY_DATABASE = 'history.db'

export interface HistoryMethods extends Omit<HistoryStore, 'kind' | 'write'> {
  /** `packed`: see `packEntries`. */
  write(id: string, packed: Uint8Array, events: readonly EventRow[]): Promise<void>
}

/** A row as its sums are made of it: reads from the cells, of which most are of no use to them. */
class CellsView {
  readonly cells: readonly Cell[]

  constructor(cells: readonly Cell[]) {
    this.cells = cells
  }
}

class RequestView extends CellsView {}
class AttemptView extends CellsView {}
readBy(RequestView, REQUEST_NAMES, [...new Set([...SUMMED_NAMES, ...SERIES_REQUEST_NAMES])])
readBy(AttemptView, ATTEMPT_NAMES, SERIES_ATTEMPT_NAMES)

/** As far as sums and series are made of it. */
export function summedOf([request, attempts]: EntryCells): { readonly request: SummedRow } & SeriesEntry {
  // They have a getter for each of the columns.
  return {
    request: new RequestView(request) as unknown as SummedRow & SeriesEntry['request'],
    attempts: attempts.map((cells) => new AttemptView(cells) as unknown as SeriesEntry['attempts'][number]),
  }
}

function readBy(view: typeof CellsView, columns: readonly string[], names: readonly string[]): void {
  for (const name of names) {
    const index = columns.indexOf(name)
    Object.defineProperty(view.prototype, name, {
      get(this: CellsView) {
        return this.cells[index]
      },
    })
  }
}
