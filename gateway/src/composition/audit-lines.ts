import { AUDIT_LOG } from '../auth/audit/audit-entry.ts'
import type { Store, Write } from '../store/port.ts'

export interface AuditLines {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** The same store; what it has taken into the audit stands in the log too, without what was changed in it. */
export function withAuditLines(store: Store, log: AuditLines): Store {
  const commit: Store['commit'] = async (writes) => {
    const number = await store.commit(writes)
    for (const write of writes) tell(write, log)
    return number
  }
  return new Proxy(store, {
    get(target, name) {
      if (name === 'commit') return commit
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function tell(write: Write, log: AuditLines): void {
  if (write.kind !== 'append' || write.log !== AUDIT_LOG) return
  const { action, target, result, code, by, address, requestId } = write.body
  const fields = { id: requestId, audit: action, target, result, code, by, client: address }
  log[result === 'ok' ? 'info' : 'warn'](fields, 'audit')
}
