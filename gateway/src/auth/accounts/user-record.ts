import type { Role } from '@jairouter/contract/management/roles'
import type { Stored } from '../../store/port.ts'

/** Of the collection `users`; times are epoch milliseconds. */
export interface UserRecord {
  readonly id: string
  readonly name: string
  readonly displayName: string
  readonly role: Role
  readonly enabled: boolean
  readonly email?: string
  readonly team?: string
  /** Hash as `formatPasswordHash` writes it; whoever comes by OIDC has none. */
  readonly password?: string
  readonly passwordChangedAt?: number
  readonly mustChangePassword?: boolean
  readonly oidc?: OidcIdentity
  readonly createdAt: number
}

/** Who somebody is to an identity provider. */
export interface OidcIdentity {
  /** Id in the config, at the last sign-in. */
  readonly provider: string
  readonly issuer: string
  readonly subject: string
}

/** Of the collection `user-states`, by user: what changes without anybody changing the user. */
export interface UserState {
  readonly lastSignIn?: number
  readonly preferences?: Readonly<Record<string, unknown>>
}

export type StoredUser = Stored<UserRecord>

export const USERS = 'users'
export const USER_STATES = 'user-states'
/** `name:` or `oidc:` and whose it is -> the user's id; what keeps each from being there twice. */
export const USER_CLAIMS = 'user-claims'
export const SESSIONS = 'sessions'
export const SETTINGS = 'settings'

export function isEnabledAdmin({ enabled, role }: UserRecord): boolean {
  return enabled && role === 'admin'
}

/** For the audit and for answers: without the password's hash. */
export function withoutPassword(user: UserRecord): Omit<UserRecord, 'password'> {
  const { password: _password, ...shown } = user
  return shown
}
