import { userSchema, type User } from '@jairouter/contract/management/user'
import { AccountProblem } from '../auth/accounts/account-problem.ts'
import { AccountStore } from '../auth/accounts/account-store.ts'
import { deriveArgon2id } from '../auth/accounts/derive.ts'
import { createPasswordHasher } from '../auth/accounts/password-hasher.ts'
import type { RandomBytes } from '../auth/accounts/random.ts'
import { Users, type NewUser, type UserPatch } from '../auth/accounts/users.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { Store } from '../store/port.ts'
import type { ApiClient } from './api-client.ts'

export interface ListedUser extends Pick<User, 'id' | 'name' | 'role' | 'enabled' | 'createdAt'> {
  /** `password`, or the id of an identity provider. */
  readonly by: string
}

/** What the command does with users, wherever they are. Each rejects with an Error whose message may be shown. */
export interface UsersClient {
  list(): Promise<readonly ListedUser[]>
  create(user: NewUser & { readonly password: string }): Promise<void>
  /** The id of who has that name, in any case. */
  idOf(name: string): Promise<string>
  update(id: string, patch: Pick<UserPatch, 'enabled' | 'password' | 'mustChangePassword'>): Promise<void>
  remove(id: string): Promise<void>
}

const origin = { actor: { kind: 'cli' } } as const

/** On the store itself. `now`: epoch milliseconds. `close` is to be called before the store's. */
export function storeUsers(
  store: Store,
  { now, random }: { readonly now: () => number; readonly random: RandomBytes },
): UsersClient & { close(): void } {
  const accounts = new AccountStore(store)
  const users = new Users({ accounts, hasher: createPasswordHasher({ derive: deriveArgon2id, random }), now, random })
  return {
    list: async () =>
      (await users.list()).map(({ id, body: { name, role, enabled, oidc, createdAt } }) => ({
        id,
        name,
        role,
        enabled,
        by: oidc === undefined ? 'password' : oidc.provider,
        createdAt: isoTime(createdAt),
      })),
    create: async (user) => void (await users.create(user, { origin })),
    async idOf(name) {
      const user = await users.byName(name)
      if (user === undefined) throw nobody(name)
      return user.id
    },
    async update(id, patch) {
      await users.update(id, patch, { origin, ...(patch.password === undefined ? {} : { action: 'user.password' }) })
    },
    remove: (id) => users.remove(id, { origin }),
    close: () => accounts.close(),
  }
}

/** Over the management API. */
export function apiUsers(api: ApiClient): UsersClient {
  const pathOf = (id: string) => `/users/${encodeURIComponent(id)}`
  const list = async () =>
    (await api.items('/users')).map((item) => {
      const { oidc, by, ...user } = userSchema.parse(item)
      return { ...user, by: oidc?.provider ?? by }
    })
  return {
    list,
    create: async (user) => void (await api.text('/users', { method: 'POST', body: user })),
    async idOf(name) {
      const user = (await list()).find((one) => one.name.toLowerCase() === name.toLowerCase())
      if (user === undefined) throw nobody(name)
      return user.id
    },
    update: async (id, patch) => void (await api.text(pathOf(id), { method: 'PATCH', body: patch })),
    remove: async (id) => void (await api.text(pathOf(id), { method: 'DELETE' })),
  }
}

function nobody(name: string): AccountProblem {
  return new AccountProblem('not_found', `There is no user ${name}`)
}
