import { Readable } from 'node:stream'
import type { AuditFilter, AuditRow } from '@jairouter/contract/management/audit'
import type { Store } from '../../store/port.ts'
import { AUDIT_LOG } from './audit-entry.ts'
import { auditRow, isAskedFor } from './audit-row.ts'

export type ExportFormat = 'csv' | 'ndjson'

export const EXPORT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson; charset=utf-8',
}

/** Entries that are in memory at a time. */
const PAGE = 500

/** The whole log, or what of it is asked for, oldest first; read as fast as it is taken. Fails in the middle where the store does. */
export function exportAudit(store: Pick<Store, 'read'>, filter: AuditFilter, format: ExportFormat): Readable {
  return Readable.from(texts(store, filter, format), { objectMode: false })
}

async function* texts(store: Pick<Store, 'read'>, filter: AuditFilter, format: ExportFormat): AsyncGenerator<string> {
  if (format === 'csv') yield csvLine(COLUMNS)
  for (let after = 0; ;) {
    const entries = await store.read(AUDIT_LOG, { after, limit: PAGE })
    const last = entries.at(-1)
    if (last === undefined) return
    after = last.sequence
    const rows = entries.map(auditRow).filter((row) => isAskedFor(row, filter))
    const lines = rows.map((row) => (format === 'csv' ? csvLine(cellsOf(row)) : `${JSON.stringify(row)}\n`))
    if (lines.length > 0) yield lines.join('')
  }
}

const COLUMNS = [
  'sequence',
  'time',
  'by',
  'kind',
  'role',
  'address',
  'requestId',
  'action',
  'target',
  'result',
  'code',
  'message',
  'before',
  'after',
  'hash',
]

function cellsOf(row: AuditRow): string[] {
  const { sequence, time, by, actor, address, requestId, action, target, result, code, message, before, after, hash } = row
  const texts = [by, actor.kind, actor.role, address, requestId, action, target, result, code, message]
  return [String(sequence), time, ...texts.map((text) => text ?? ''), json(before), json(after), hash]
}

function json(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value)
}

/** RFC 4180. */
function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

/** A spreadsheet would run what begins with one of these: an apostrophe before it makes it a text. */
const FORMULA = /^[=+\-@\t\r\n|%＝＋－＠]/

export function csvCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n;\t']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
