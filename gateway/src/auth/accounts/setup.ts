import type { Write } from '../../store/port.ts'
import { AccountProblem } from './account-problem.ts'
import { isConflict, type AccountStore } from './account-store.ts'
import { hasAdmin } from './enabled-admins.ts'
import { randomToken, type RandomBytes } from './random.ts'
import { digestOf, hasDigest } from './session-record.ts'
import type { Caller } from './sessions.ts'
import type { SignIn } from './sign-in.ts'
import { SETTINGS, type StoredUser } from './user-record.ts'
import type { Users } from './users.ts'

const SETUP_TOKEN = 'setup-token'
/** Proves that there was nobody: it can be written once. */
const SETUP_DONE = 'setup-done'

export interface SetupOptions {
  readonly accounts: AccountStore
  readonly users: Users
  readonly signIn: SignIn
  readonly random: RandomBytes
}

export interface FirstAdmin {
  readonly name: string
  readonly password: string
}

/** How it stands at the start: `token` is for the link that is printed; only its digest is kept. */
export type StartState =
  | { readonly state: 'ready' }
  | { readonly state: 'created'; readonly name: string }
  | { readonly state: 'setup'; readonly token: string }

/** The first admin: by a link that is printed at the start and good once, or by the environment. There is no default password. */
export class Setup {
  readonly #options: SetupOptions
  #done = false

  constructor(options: SetupOptions) {
    this.#options = options
  }

  /** Whether there is still no admin. */
  async isNeeded(): Promise<boolean> {
    // Once there is an admin, there will always be one: the last can't be deleted.
    if (!this.#done) this.#done = await hasAdmin(this.#options.accounts)
    return !this.#done
  }

  /**
   * At every start. `given`: from the environment. Throws an AccountProblem when that password is weak; without effect when
   * somebody is there. With several replicas, the link of the one that started last is good, on each of them.
   */
  async begin(given: FirstAdmin | undefined): Promise<StartState> {
    if (!(await this.isNeeded())) return { state: 'ready' }
    if (given !== undefined) return this.#beginWith(given)
    const token = randomToken(this.#options.random)
    await this.#options.accounts.commit([{ kind: 'put', collection: SETTINGS, id: SETUP_TOKEN, body: { digest: digestOf(token) } }])
    return { state: 'setup', token }
  }

  /** Throws setup_done, sign_in_failed where the token is not the one, too_many_tries, invalid_request. */
  async finish(token: string, admin: FirstAdmin, caller: Caller): Promise<StoredUser> {
    if (!(await this.isNeeded())) throw done()
    const giveBack = this.#options.signIn.guard('setup', caller)
    const stored = await this.#options.accounts.settings.fresh(SETUP_TOKEN)
    const digest = stored?.body['digest']
    if (stored === undefined || typeof digest !== 'string' || !hasDigest(token, digest)) {
      await this.#options.signIn.noteFailure(caller)
      throw new AccountProblem('sign_in_failed', 'The setup link is not good any more; the log of the last start has the one that is')
    }
    giveBack()
    return this.#create(admin, caller, [{ kind: 'delete', collection: SETTINGS, id: SETUP_TOKEN, expect: stored.revision }])
  }

  async #beginWith(given: FirstAdmin): Promise<StartState> {
    try {
      const user = await this.#create(given, undefined, [{ kind: 'delete', collection: SETTINGS, id: SETUP_TOKEN }])
      return { state: 'created', name: user.body.name }
    } catch (error) {
      // Another replica was faster.
      if (error instanceof AccountProblem && error.code === 'setup_done') return { state: 'ready' }
      throw error
    }
  }

  async #create({ name, password }: FirstAdmin, caller: Caller | undefined, beside: readonly Write[]): Promise<StoredUser> {
    const { users } = this.#options
    try {
      const user = await users.create(
        { name, role: 'admin', password },
        {
          origin: { actor: { kind: 'system' }, ...caller },
          action: 'setup',
          beside: [...beside, { kind: 'put', collection: SETTINGS, id: SETUP_DONE, body: {}, expect: 0 }],
        },
      )
      this.#done = true
      return user
    } catch (error) {
      const wasFaster = isConflict(error) || (error instanceof AccountProblem && ['conflict', 'already_exists'].includes(error.code))
      if (wasFaster && !(await this.isNeeded())) throw done()
      throw error
    }
  }
}

function done(): AccountProblem {
  return new AccountProblem('setup_done', 'There is an admin already; sign in')
}
