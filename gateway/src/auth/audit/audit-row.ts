import type { AuditFilter, AuditRow } from '@jairouter/contract/management/audit'
import { isoTime } from '../../lib/iso-time.ts'
import type { Entry } from '../../store/port.ts'

/** An entry of the log as it is shown. What was masked when it was written is masked. */
export function auditRow({ sequence, time, body, hash }: Entry): AuditRow {
  const { actor, by, action, result, address, requestId, target, code, message, before, after } = body
  return {
    sequence,
    time: isoTime(time),
    by: text(by) ?? '',
    actor: actorOf(actor),
    ...defined({ address: text(address), requestId: text(requestId) }),
    action: text(action) ?? '',
    ...defined({ target: text(target) }),
    result: result === 'refused' || result === 'failed' ? result : 'ok',
    ...defined({ code: text(code), message: text(message), before, after }),
    hash,
  }
}

/** Whether it is one of those that are asked for. */
export function isAskedFor(row: AuditRow, filter: AuditFilter): boolean {
  const { actor, action, target, result, address, from, to, q } = filter
  if (actor !== undefined && ![row.by, row.actor.id, row.actor.name, row.actor.kind].includes(actor)) return false
  if (action !== undefined && !fits(row.action, action)) return false
  if (target !== undefined && !fits(row.target ?? '', target)) return false
  if (result !== undefined && row.result !== result) return false
  if (address !== undefined && row.address !== address) return false
  const time = Date.parse(row.time)
  if (from !== undefined && time < Date.parse(from)) return false
  if (to !== undefined && time >= Date.parse(to)) return false
  if (q === undefined) return true
  const { hash: _hash, sequence: _sequence, ...shown } = row
  return JSON.stringify(shown).toLowerCase().includes(q.toLowerCase())
}

/** A `*` at the end stands for anything. */
function fits(value: string, wanted: string): boolean {
  return wanted.endsWith('*') ? value.startsWith(wanted.slice(0, -1)) : value === wanted
}

function actorOf(actor: unknown): AuditRow['actor'] {
  if (typeof actor !== 'object' || actor === null) return { kind: 'system' }
  const { kind, id, name, role } = actor as Readonly<Record<string, unknown>>
  return { kind: text(kind) ?? 'system', ...defined({ id: text(id), name: text(name), role: text(role) }) }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function defined<Fields extends Readonly<Record<string, unknown>>>(fields: Fields): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: NonNullable<Fields[Name]>
  }
}
