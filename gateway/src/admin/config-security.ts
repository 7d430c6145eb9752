import { isAllowed } from '@jairouter/contract/management/roles'
import type { Actor } from '../auth/actor.ts'
import { isObject } from '../lib/json.ts'
import type { ConfigChange } from '../versions/config-desk.ts'
import { AdminProblem } from './route.ts'

/** Who may come in, who may manage, where things are kept, what of the audit is forgotten, and where the gateway may connect to. */
export const SECURITY_SECTIONS: ReadonlySet<string> = new Set(['auth', 'admin', 'audit', 'store', 'config', 'network'])

/** In other sections: whose word counts for where a client is, whether clients may have private addresses fetched, and who may read what was said. */
const SECURITY_SETTINGS: readonly (readonly string[])[] = [
  ['server', 'trustedProxies'],
  ['server', 'pictures', 'allowPrivate'],
  ['history', 'content'],
]

/** Throws where the changes are such that only `config.security` may make them, whatever they came by. Who has the machine may anyway. */
export function requireSecurityPermission(actor: Actor, changes: readonly ConfigChange[]): void {
  if (mayAll(actor)) return
  const guarded = changes.find(isGuarded)
  if (guarded !== undefined) throw denied(guarded.path, `${guarded.path} is changed by an admin only`)
}

/** Throws where an operator would have a variable of the environment, or a secret of an adapter, go where it did not go before. */
export function requireSecretsPermission(actor: Actor, exposed: readonly string[]): void {
  const [path] = exposed
  if (path === undefined || mayAll(actor)) return
  throw denied(path, `${path} would bring a secret to another place; only an admin may do that`)
}

/** Both, as the desk tells of a change. */
export function requireMayChange(actor: Actor, changes: readonly ConfigChange[], exposed: readonly string[]): void {
  requireSecurityPermission(actor, changes)
  requireSecretsPermission(actor, exposed)
}

function mayAll(actor: Actor): boolean {
  return actor.kind !== 'user' || isAllowed(actor.role, 'config.security')
}

function isGuarded({ path, before, after }: ConfigChange): boolean {
  if (path === '') return true
  if (SECURITY_SECTIONS.has(/^[\w-]+/.exec(path)?.[0] ?? '')) return true
  return SECURITY_SETTINGS.some((setting) => isWithin(path, setting) || holds(before, path, setting) || holds(after, path, setting))
}

function isWithin(path: string, setting: readonly string[]): boolean {
  const place = setting.join('.')
  return path === place || path.startsWith(`${place}[`) || path.startsWith(`${place}.`)
}

/** Whether what stands at the path has the setting in it. */
function holds(value: unknown, path: string, setting: readonly string[]): boolean {
  const depth = setting.findIndex((_, index) => setting.slice(0, index + 1).join('.') === path) + 1
  if (depth === 0) return false
  let at = value
  for (const key of setting.slice(depth)) {
    if (!isObject(at) || !Object.hasOwn(at, key)) return false
    at = at[key]
  }
  return at !== undefined
}

function denied(path: string, message: string): AdminProblem {
  return new AdminProblem('permission_denied', message, { params: { permission: 'config.security', path } })
}
