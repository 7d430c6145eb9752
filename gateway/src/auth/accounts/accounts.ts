import { randomBytes } from 'node:crypto'
import type { CustomFetch } from 'openid-client'
import type { AccountSettings, KeyRecord } from '../../config/snapshot.ts'
import type { Store } from '../../store/port.ts'
import type { SecretBox } from '../../store/secrets/port.ts'
import { AccessTokens } from './access-token.ts'
import { AccountStore } from './account-store.ts'
import { deriveArgon2id } from './derive.ts'
import { createOidcClient } from './oidc-client.ts'
import { Oidc } from './oidc.ts'
import type { HashCost } from './password-hash.ts'
import { createPasswordHasher, type Derive } from './password-hasher.ts'
import type { RandomBytes } from './random.ts'
import { Sessions } from './sessions.ts'
import { Setup } from './setup.ts'
import { SignIn } from './sign-in.ts'
import { createTokenKeys } from './token-keys.ts'
import { createUserAuthenticator } from './user-authenticator.ts'
import { Users } from './users.ts'

export interface AccountsOptions {
  readonly store: Store
  readonly box: SecretBox
  /** As the config says at the time. */
  readonly settings: () => AccountSettings
  readonly readKeyFile: (file: string) => Promise<string>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Default: Node's. */
  readonly random?: RandomBytes
  /** Default: Node's argon2id. */
  readonly derive?: Derive
  /** Default: HASH_COST. */
  readonly cost?: HashCost
  /** What identity providers are asked by; default Node's own. */
  readonly fetch?: CustomFetch
}

/** Who may come in, and who is in. */
export interface Accounts {
  readonly store: AccountStore
  readonly users: Users
  readonly sessions: Sessions
  readonly tokens: AccessTokens
  readonly signIn: SignIn
  readonly setup: Setup
  readonly oidc: Oidc
  readonly settings: () => AccountSettings
  readonly now: () => number
  /** For the model APIs. */
  readonly authenticateUser: (token: string) => Promise<KeyRecord | undefined>
  /** To be called each minute: forgets sessions that have ended, and writes what the audit is owed. */
  tidy(): Promise<void>
  /** Writes what the audit is owed, and lets the store go. */
  close(): Promise<void>
}

export function createAccounts(options: AccountsOptions): Accounts {
  const { box, settings, readKeyFile, now, random = randomBytes, derive = deriveArgon2id } = options
  const store = new AccountStore(options.store)
  const hasher = createPasswordHasher({ derive, random, ...(options.cost === undefined ? {} : { cost: options.cost }) })
  const users = new Users({ accounts: store, hasher, now, random })
  const sessions = new Sessions({
    accounts: store,
    lives: () => settings().sessions,
    knowsProvider: (id) => settings().oidc.has(id),
    now,
    random,
  })
  const keys = createTokenKeys({ accounts: store, box, settings: () => settings().tokens, readKeyFile, random })
  const tokens = new AccessTokens({ keys, sessions, lifeMs: () => settings().sessions.accessMs, now, random })
  const signIn = new SignIn({ accounts: store, users, sessions, hasher, now })
  const client = createOidcClient({ fetch: options.fetch, now })
  return {
    store,
    users,
    sessions,
    tokens,
    signIn,
    setup: new Setup({ accounts: store, users, signIn, random }),
    oidc: new Oidc({ accounts: store, users, sessions, box, client, providers: () => settings().oidc, now, random }),
    settings,
    now,
    authenticateUser: createUserAuthenticator(tokens),
    async tidy() {
      await signIn.settle()
      await sessions.sweep()
    },
    async close() {
      await signIn.settle()
      store.close()
    },
  }
}
