import { isAllowed } from '@jairouter/contract/management/roles'
import type { Actor } from '../../auth/actor.ts'
import type { ConfigChange } from '../../versions/config-desk.ts'
import { AdminProblem } from '../route.ts'

/** Sections that say who may come in and where things are kept. */
export const SECURITY_SECTIONS: ReadonlySet<string> = new Set(['auth', 'admin', 'store', 'config'])

/** Refuses changes of those sections by who may not make them, whatever the change came by. Who has the machine may anyway. */
export function guardChanges(actor: Actor): (changes: readonly ConfigChange[]) => void {
  return (changes) => {
    if (actor.kind !== 'user' || isAllowed(actor.role, 'config.security')) return
    const found = changes.find(({ path }) => path === '' || SECURITY_SECTIONS.has(/^[\w-]+/.exec(path)?.[0] ?? ''))
    if (found === undefined) return
    throw new AdminProblem('permission_denied', `The role "${actor.role}" may not change ${found.path || 'the config as a whole'}`, {
      params: { permission: 'config.security', path: found.path },
    })
  }
}
