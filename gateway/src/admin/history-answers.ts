import type { attemptRowSchema, HistoryRowAnswer } from '@jairouter/contract/management/history'
import { Readable } from 'node:stream'
import type { z } from 'zod'
import { csvCell } from '../auth/audit/export-audit.ts'
import { flagsOf, type AttemptRow, type RequestRow, type StoredRow } from '../history/history-row.ts'
import type { HistoryFilter, HistoryStore, Place } from '../history/port.ts'
import { isoTime } from '../lib/iso-time.ts'

export function rowAnswer({ seq, ...row }: StoredRow): HistoryRowAnswer {
  return { seq, ...rowFields(row) }
}

/** All but its number in the store. */
export function rowFields({ words: _words, flags, time, ...row }: RequestRow): Omit<HistoryRowAnswer, 'seq'> {
  return { ...row, time: isoTime(time), flags: [...flagsOf(flags)] }
}

export function attemptAnswer({ estimated, ...attempt }: AttemptRow): z.output<typeof attemptRowSchema> {
  return { ...attempt, estimated: estimated === 1 }
}

export function writeCursor({ time, seq }: Place): string {
  return `${time}.${seq}`
}

/** Undefined for what is no cursor. */
export function readCursor(cursor: string): Place | undefined {
  const match = /^(-?\d{1,15})\.(\d{1,16})$/.exec(cursor)
  return match === null ? undefined : { time: Number(match[1]), seq: Number(match[2]) }
}

/** Rows that are in memory at a time. */
const PAGE = 1_000

/** Newest first, read as fast as it is taken. Fails in the middle where the store does. */
export function exportRows(
  store: Pick<HistoryStore, 'page'>,
  filter: HistoryFilter,
  { format, limit = Infinity }: { readonly format: 'csv' | 'ndjson'; readonly limit: number | undefined },
): Readable {
  return Readable.from(texts(), { objectMode: false })

  async function* texts(): AsyncGenerator<string> {
    let names: readonly (keyof HistoryRowAnswer)[] | undefined
    let before: Place | undefined
    let left = limit
    do {
      const page = await store.page({
        filter,
        limit: Math.min(PAGE, left),
        deadlineMs: Infinity,
        ...(before === undefined ? {} : { before }),
      })
      const rows = page.rows.map(rowAnswer)
      left -= rows.length
      if (format === 'csv' && names === undefined) {
        names = CSV_COLUMNS
        yield csvLine(names)
      }
      if (rows.length > 0)
        yield rows
          .map((row) => (format === 'csv' ? csvLine(CSV_COLUMNS.map((name) => cellOf(row[name]))) : `${JSON.stringify(row)}\n`))
          .join('')
      before = page.next
    } while (before !== undefined && left > 0)
  }
}

const CSV_COLUMNS = [
  'time',
  'id',
  'key',
  'user',
  'team',
  'client',
  'dialect',
  'endpoint',
  'service',
  'model',
  'asked',
  'sent',
  'answeredBy',
  'backend',
  'status',
  'code',
  'flags',
  'attempts',
  'ms',
  'firstMs',
  'overheadMs',
  'pausedMs',
  'queuedMs',
  'in',
  'cached',
  'out',
  'reasoning',
  'total',
  'images',
  'characters',
  'audioSeconds',
  'cost',
  'currency',
  'cache',
  'fallback',
  'hedge',
  'experiment',
  'group',
  'error',
] as const satisfies readonly (keyof HistoryRowAnswer)[]

function cellOf(value: HistoryRowAnswer[keyof HistoryRowAnswer]): string {
  if (value === null) return ''
  return typeof value === 'object' ? value.join(' ') : String(value)
}

/** RFC 4180. */
function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}
