import { hash } from 'node:crypto'
import { networkOf } from '../../lib/network.ts'
import { RecentMap } from '../../lib/recent-map.ts'
import type { Write } from '../../store/port.ts'
import { auditWrite, type Origin } from '../audit/audit-entry.ts'
import { AccountProblem } from './account-problem.ts'
import { isConflict, type AccountStore } from './account-store.ts'
import { FailedSignIns } from './failed-sign-ins.ts'
import type { PasswordHasher } from './password-hasher.ts'
import type { SessionRecord } from './session-record.ts'
import { originOf, type Caller, type Continued, type LiveSession, type Sessions } from './sessions.ts'
import { TryLimiter } from './try-limiter.ts'
import { foldName } from './user-claim.ts'
import { USERS, type StoredUser } from './user-record.ts'
import type { Users } from './users.ts'

export interface SignInOptions {
  readonly accounts: AccountStore
  readonly users: Users
  readonly sessions: Sessions
  readonly hasher: PasswordHasher
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** Pairs of names and networks that have signed in before. */
const MAXIMUM_FAMILIAR = 10_000

/** Everything that is done with a password. */
export class SignIn {
  readonly #options: SignInOptions
  readonly #tries: TryLimiter
  readonly #failures = new FailedSignIns()
  readonly #familiar = new RecentMap<true>(MAXIMUM_FAMILIAR)

  constructor(options: SignInOptions) {
    this.#options = options
    this.#tries = new TryLimiter(options.now)
  }

  /** Throws sign_in_failed, the same and at the same cost whoever is named, or too_many_tries. */
  async withPassword(name: string, password: string, caller: Caller): Promise<Continued> {
    const { users, sessions } = this.#options
    const found = this.#keysOf(name, caller)
    // Only then is anything awaited: tries that come at once are counted at once.
    const isKeptOut = found.account === found.name && this.#tries.isShut(found.name) && !this.#tries.isShut(found.address)
    if (isKeptOut && (await this.#wasHere(name, caller))) this.#familiar.set(found.pair, true)
    const keys = this.#keysOf(name, caller)
    this.#takeTry([keys.account, keys.address])
    const user = await users.byName(name)
    const { ok, outdated } = await this.#verify(password, user?.body.password, keys)
    if (!ok || user?.body.enabled !== true) {
      await this.#failed(caller, user)
      throw new AccountProblem('sign_in_failed', 'Name or password is wrong')
    }
    this.#tries.clear(keys.name)
    this.#tries.clear(keys.pair)
    this.#tries.giveBack(keys.address)
    this.#familiar.set(keys.pair, true)
    if (outdated) await this.#rehash(user, password)
    return sessions.start(user, caller, { proven: true })
  }

  /** Throws sign_in_failed where it is wrong, too_many_tries. */
  async stepUp(live: LiveSession, password: string, caller: Caller): Promise<SessionRecord> {
    await this.#prove(live, password)
    return this.#options.sessions.stepUp(live.session.id, originOf(live, caller))
  }

  /** Ends the user's other sessions. Throws sign_in_failed where the old one is wrong. */
  async changePassword(live: LiveSession, passwords: { readonly old: string; readonly next: string }, origin: Origin): Promise<void> {
    await this.#prove(live, passwords.old)
    const patch = { password: passwords.next, mustChangePassword: false }
    await this.#options.users.update(live.user.id, patch, { origin, action: 'user.password', keepSession: live.session.id })
  }

  /** Counts a try by that address alone; throws too_many_tries. Returns what takes it back. */
  guard(purpose: string, { address }: Caller): () => void {
    const key = `${purpose}:${networkOf(address)}`
    this.#takeTry([key])
    return () => this.#tries.giveBack(key)
  }

  /** Writes what the audit is still owed. */
  async settle(): Promise<void> {
    await this.#write(this.#failures.due(this.#options.now()))
  }

  async noteFailure(caller: Caller): Promise<void> {
    await this.#failed(caller, undefined)
  }

  async #prove({ user }: LiveSession, password: string): Promise<void> {
    const key = `proof:${user.id}`
    this.#takeTry([key])
    const { ok } = await this.#verify(password, user.body.password, { account: key })
    if (!ok) throw new AccountProblem('sign_in_failed', 'The password is wrong')
    this.#tries.clear(key)
  }

  /** A try that found no room to be looked at was none. */
  async #verify(password: string, known: string | undefined, keys: { readonly account: string; readonly address?: string }) {
    try {
      return await this.#options.hasher.verify(password, known)
    } catch (error) {
      this.#tries.giveBack(keys.account)
      if (keys.address !== undefined) this.#tries.giveBack(keys.address)
      throw error
    }
  }

  /**
   * Who guesses at a name from elsewhere must not keep its owner out: from a network where the owner has signed in before,
   * tries are counted apart.
   */
  #keysOf(name: string, { address }: Caller) {
    const network = networkOf(address)
    // A digest: names may be long.
    const ofName = `name:${hash('sha256', foldName(name), 'hex')}`
    const pair = `${ofName} ${network}`
    return { name: ofName, pair, account: this.#familiar.get(pair) === true ? pair : ofName, address: `address:${network}` }
  }

  /** What was known of networks ends with the process, and sessions do not. */
  async #wasHere(name: string, { address }: Caller): Promise<boolean> {
    const { users, sessions } = this.#options
    const user = await users.byName(name)
    // As much work for a name that is nobody's.
    const own = await sessions.list(user?.id ?? 'nobody')
    return own.some(({ body }) => networkOf(body.address) === networkOf(address))
  }

  #takeTry(keys: readonly string[]): void {
    const retryAfter = this.#tries.take(keys)
    if (retryAfter !== undefined) throw new AccountProblem('too_many_tries', `Too many tries; wait ${retryAfter} s`, { retryAfter })
  }

  /** The cost of a hash has grown. What hinders that does not hinder the sign-in: there will be another one. */
  async #rehash(user: StoredUser, password: string): Promise<void> {
    const { accounts, hasher, now } = this.#options
    try {
      const body = { ...user.body, password: await hasher.hash(password) }
      const audit = { action: 'user.rehash', target: `users/${user.body.name}`, result: 'ok', time: now() } as const
      await accounts.commit([
        { kind: 'put', collection: USERS, id: user.id, body, expect: user.revision },
        auditWrite({ actor: { kind: 'system' } }, audit),
      ])
    } catch (error) {
      if (!(error instanceof AccountProblem) && !isConflict(error)) throw error
    }
  }

  async #failed({ address }: Caller, user: StoredUser | undefined): Promise<void> {
    await this.#write(this.#failures.note(networkOf(address), user?.body.name, this.#options.now()))
  }

  async #write(writes: readonly Write[]): Promise<void> {
    if (writes.length > 0) await this.#options.accounts.commit(writes)
  }
}
