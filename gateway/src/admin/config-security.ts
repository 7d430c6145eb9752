import { isAllowed } from '@jairouter/contract/management/roles'
import type { Actor } from '../auth/actor.ts'
import type { ConfigChange } from '../versions/config-desk.ts'
import { AdminProblem } from './route.ts'

/** Who may come in, where things are kept, who may manage. */
const GUARDED = /^(?:auth|admin|store|config)(?![\w-])/

/** Throws where the changes are such that only `config.security` may make them. Who has the machine may anyway. */
export function requireSecurityPermission(actor: Actor, changes: readonly ConfigChange[]): void {
  if (actor.kind !== 'user' || isAllowed(actor.role, 'config.security')) return
  const guarded = changes.find(({ path }) => path === '' || GUARDED.test(path))
  if (guarded === undefined) return
  throw new AdminProblem('permission_denied', `${guarded.path} is changed by an admin only`, {
    params: { permission: 'config.security', path: guarded.path },
  })
}
