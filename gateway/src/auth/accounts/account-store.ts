import type { Store, Stored, Write } from '../../store/port.ts'
import { StoreError } from '../../store/store-error.ts'
import { AccountProblem } from './account-problem.ts'
import { DocumentCache } from './document-cache.ts'
import type { SessionRecord } from './session-record.ts'
import { SESSIONS, SETTINGS, USER_STATES, USERS, type UserRecord, type UserState } from './user-record.ts'

/** Users and sessions that are in use at a time, roughly; others are read again. */
const MAXIMUM_KNOWN = 10_000

/** How often a change is made anew that another one got in the way of. */
const ATTEMPTS = 5

/** The store as accounts use it: what every request asks for is in memory, and follows changes by others. */
export class AccountStore {
  readonly store: Store
  readonly users: DocumentCache<UserRecord>
  readonly sessions: DocumentCache<SessionRecord>
  readonly settings: DocumentCache<Readonly<Record<string, unknown>>>
  readonly #stopFollowing: () => void

  constructor(store: Store) {
    this.store = store
    this.users = new DocumentCache(store, USERS, MAXIMUM_KNOWN)
    this.sessions = new DocumentCache(store, SESSIONS, MAXIMUM_KNOWN)
    this.settings = new DocumentCache(store, SETTINGS, 100)
    this.#stopFollowing = store.onChange(() => {
      this.users.forgetAll()
      this.sessions.forgetAll()
      this.settings.forgetAll()
    })
  }

  async commit(writes: readonly Write[]): Promise<number> {
    try {
      return await this.store.commit(writes)
    } finally {
      // Also when it failed: nobody knows what has become of it.
      for (const write of writes) if (write.kind === 'put' || write.kind === 'delete') this.#cacheOf(write.collection)?.forget(write.id)
    }
  }

  /** Runs `change` again, from its reading on, when somebody else was faster. */
  async retrying<Result>(change: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await change()
      } catch (error) {
        if (!isConflict(error)) throw error
        if (attempt >= ATTEMPTS) throw new AccountProblem('conflict', 'It is being changed by others all the time', { cause: error })
      }
    }
  }

  async stateOf(userId: string): Promise<Stored<UserState> | undefined> {
    return (await this.store.get(USER_STATES, userId)) as Stored<UserState> | undefined
  }

  close(): void {
    this.#stopFollowing()
  }

  #cacheOf(collection: string): { forget(id: string): void } | undefined {
    if (collection === USERS) return this.users
    if (collection === SESSIONS) return this.sessions
    return collection === SETTINGS ? this.settings : undefined
  }
}

export function isConflict(error: unknown): boolean {
  return error instanceof StoreError && error.kind === 'conflict'
}
