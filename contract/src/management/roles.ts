/** What people may be. A developer uses models and sees what that cost; the others run the gateway. */
export const ROLES = ['admin', 'operator', 'viewer', 'developer'] as const
export type Role = (typeof ROLES)[number]

const EVERYONE = ROLES
const STAFF = ['admin', 'operator', 'viewer'] as const satisfies readonly Role[]
const OPERATORS = ['admin', 'operator'] as const satisfies readonly Role[]
const ADMINS = ['admin'] as const satisfies readonly Role[]

/** Permission -> the roles that have it. Each route of the management API names one; a test walks them all. */
export const PERMISSIONS = {
  /** One's own account, sessions and preferences. */
  me: EVERYONE,
  'models.use': ['admin', 'operator', 'developer'],
  'usage.own': EVERYONE,
  'overview.read': STAFF,
  'config.read': STAFF,
  'config.write': OPERATORS,
  /**
   * Who may come in and who may manage, where things are kept and what of the audit is, where the gateway may connect to: `auth`,
   * `admin`, `audit`, `store`, `config` and `network` of the config, `server.trustedProxies`, `server.pictures.allowPrivate`; and to
   * have a variable of the environment go where it did not go before.
   */
  'config.security': ADMINS,
  'instances.read': STAFF,
  'instances.operate': OPERATORS,
  'limits.read': STAFF,
  'requests.read': STAFF,
  'requests.abort': OPERATORS,
  'alerts.read': STAFF,
  'alerts.write': OPERATORS,
  /** What requests and answers said: one's own; everybody's for `history.content.readers`. */
  'contents.own': EVERYONE,
  explain: STAFF,
  'keys.read': STAFF,
  'keys.write': OPERATORS,
  'teams.read': STAFF,
  'teams.write': OPERATORS,
  'budgets.read': STAFF,
  'budgets.write': OPERATORS,
  'blocks.read': STAFF,
  'blocks.write': OPERATORS,
  'experiments.read': STAFF,
  'users.read': ADMINS,
  'users.write': ADMINS,
  'sessions.read': ADMINS,
  'sessions.write': ADMINS,
  'audit.read': OPERATORS,
  'store.operate': ADMINS,
} as const satisfies Readonly<Record<string, readonly Role[]>>

export type Permission = keyof typeof PERMISSIONS

export function isAllowed(role: Role, permission: Permission): boolean {
  const roles: readonly Role[] = PERMISSIONS[permission]
  return roles.includes(role)
}
