import type { Accounts } from '../auth/accounts/accounts.ts'
import type { LiveSession } from '../auth/accounts/sessions.ts'
import type { Caller } from '../auth/accounts/sessions.ts'
import type { Actor } from '../auth/actor.ts'
import type { AdminSettings } from '../config/snapshot.ts'
import { AdminProblem, type AdminRequest } from './route.ts'

/** What the routes of accounts need. */
export interface AccountParts {
  readonly accounts: Accounts
  /** As the config says at the time. */
  readonly admin: () => AdminSettings
  readonly product: { readonly version: string; readonly environment?: string | undefined; readonly demo: boolean }
  /** For `GET /me`. */
  readonly configState?: () => { readonly configVersion?: number; readonly managed?: 'api' | 'file' }
}

export function callerOf({ address, headers, requestId }: AdminRequest): Caller {
  return { address, agent: headers['user-agent'], requestId }
}

/** Who asks, with the session as it is. Throws session_ended; for what is no user (a command, a file) there is no session. */
export async function liveOf({ sessions }: Accounts, actor: Actor | undefined): Promise<LiveSession> {
  const live = actor?.kind === 'user' ? await sessions.live(actor.sessionId) : undefined
  if (live === undefined) throw new AdminProblem('session_ended', 'Sign in again')
  return live
}

/** Throws step_up_required where it is long ago that a password was said. Commands of the machine are not asked. */
export async function requireStepUp(accounts: Accounts, actor: Actor | undefined): Promise<void> {
  if (actor !== undefined && actor.kind !== 'user') return
  const { session } = await liveOf(accounts, actor)
  if (session.stepUpUntil <= accounts.now()) {
    throw new AdminProblem('step_up_required', 'Say your password again first: POST /admin/api/session/step-up')
  }
}

/** The revision that `If-Match` names. */
export function expectedRevision({ ifMatch }: Pick<AdminRequest, 'ifMatch'>): number | undefined {
  if (ifMatch === undefined) return undefined
  // What is no number is no revision either; nothing has that one.
  return /^\d{1,15}$/.test(ifMatch) ? Number(ifMatch) : -1
}
