import type { User } from '@jairouter/contract/management/user'
import type { Session } from '@jairouter/contract/management/session'
import type { SessionRecord } from '../auth/accounts/session-record.ts'
import type { UserRecord } from '../auth/accounts/user-record.ts'
import { isoTime } from '../lib/iso-time.ts'

/** A user as it is shown: nothing of the password. */
export function showUser(user: UserRecord, lastSignIn: number | undefined): User {
  const { id, name, displayName, role, enabled, email, team, oidc, mustChangePassword = false, createdAt } = user
  return {
    id,
    name,
    displayName,
    role,
    enabled,
    ...(email === undefined ? {} : { email }),
    ...(team === undefined ? {} : { team }),
    by: oidc === undefined ? 'password' : 'oidc',
    ...(oidc === undefined ? {} : { oidc }),
    mustChangePassword,
    createdAt: isoTime(createdAt),
    ...(lastSignIn === undefined ? {} : { lastSignIn: isoTime(lastSignIn) }),
  }
}

/** A session as it is shown: nothing of its tokens. `userName`: the id where the user is gone. */
export function showSession(session: SessionRecord, userName: string | undefined, currentId: string | undefined): Session {
  const { id, userId, provider, address, agent, createdAt, refreshedAt, expiresAt, endsAt } = session
  return {
    id,
    user: { id: userId, name: userName ?? userId },
    by: provider ?? 'password',
    address,
    agent,
    createdAt: isoTime(createdAt),
    refreshedAt: isoTime(refreshedAt),
    expiresAt: isoTime(expiresAt),
    endsAt: isoTime(endsAt),
    current: id === currentId,
  }
}
