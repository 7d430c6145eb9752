import type { Permission } from '@jairouter/contract/management/roles'
import type { TokenVerdict } from '../auth/accounts/access-token.ts'
import type { Accounts } from '../auth/accounts/accounts.ts'
import type { Actor } from '../auth/actor.ts'
import { requireOwnPage } from './own-page.ts'
import { AdminProblem } from './route.ts'
import { cookieNames, readCookie } from './session-cookies.ts'

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

export interface AdminCaller {
  readonly method: string
  /** Names in lower case. */
  readonly headers: Headers
  /** It came by TLS: to us, or to a trusted proxy that says so. */
  readonly secure?: boolean
}

export interface AuthenticatorOptions {
  readonly accounts: Pick<Accounts, 'tokens'>
  /** `admin.publicUrl` */
  readonly publicUrl: () => string | undefined
}

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Where clients have been seen to put a key of the model APIs. */
const KEY_HEADERS = ['x-api-key', 'api-key']

/**
 * Who asks the management API. Rejects with an AdminProblem: not_signed_in without a credential, key_not_accepted for one
 * that is no token of ours, session_ended for one that was, origin_not_allowed where another page uses our cookie.
 */
export function createAdminAuthenticator({ accounts, publicUrl }: AuthenticatorOptions): (caller: AdminCaller) => Promise<Actor> {
  return async ({ method, headers, secure = false }) => {
    const token = tokenOf(headers)
    if (token !== undefined) return toActor(await accounts.tokens.verify(token))
    if (KEY_HEADERS.some((name) => headers[name] !== undefined) || headers['authorization'] !== undefined) throw noToken()
    const cookie = readCookie(oneOf(headers['cookie']), cookieNames(secure).access)
    if (cookie === undefined)
      throw new AdminProblem('not_signed_in', 'Send an access token as "Authorization: Bearer ..."; POST /admin/api/session gives one')
    if (!SAFE.has(method)) requireOwnPage(headers, publicUrl())
    const verdict = await accounts.tokens.verify(cookie)
    // What stands in the cookie is ours, of whatever key it was.
    return toActor(verdict === 'foreign' ? 'ended' : verdict)
  }
}

/** Whoever still has the password that somebody else gave them changes it before anything else. Throws password_change_required. */
export function requireOwnPassword(actor: Actor, permission: Permission): void {
  if (actor.kind !== 'user' || actor.mustChangePassword !== true || permission === 'me') return
  throw new AdminProblem('password_change_required', 'Change your password first: POST /admin/api/me/password')
}

/** The scheme's name in any case; and as the gateway in Java took it. */
function tokenOf(headers: Headers): string | undefined {
  const bearer = /^bearer +(\S{1,4096})$/i.exec(oneOf(headers['authorization']) ?? '')?.[1]
  return bearer ?? oneOf(headers['jairouter_token'])
}

function oneOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined
}

function toActor(verdict: TokenVerdict): Actor {
  if (verdict === 'foreign') throw noToken()
  if (verdict === 'ended') throw new AdminProblem('session_ended', 'Sign in again, or refresh the session')
  const { user, session } = verdict
  const { id, name, role, mustChangePassword } = user.body
  return { kind: 'user', id, name, role, sessionId: session.id, ...(mustChangePassword === true ? { mustChangePassword } : {}) }
}

function noToken(): AdminProblem {
  return new AdminProblem('key_not_accepted', 'The management API takes access tokens of users: POST /admin/api/session gives one')
}
