import type { Role } from '@jairouter/contract/management/roles'
import type { Body, Write } from '../../store/port.ts'
import { auditWrite, type Origin } from '../audit/audit-entry.ts'
import { AccountProblem, fieldProblem } from './account-problem.ts'
import type { AccountStore } from './account-store.ts'
import { adminsWrites } from './enabled-admins.ts'
import type { PasswordHasher } from './password-hasher.ts'
import { passwordFault } from './password-rule.ts'
import { randomId, type RandomBytes } from './random.ts'
import { sessionPrefix } from './session-record.ts'
import { checkName, claimsOf, nameClaim } from './user-claim.ts'
import { SESSIONS, USER_CLAIMS, USER_STATES, USERS, withoutPassword, type StoredUser, type UserRecord } from './user-record.ts'

export interface NewUser {
  readonly name: string
  readonly displayName?: string | undefined
  readonly role: Role
  readonly enabled?: boolean | undefined
  readonly email?: string | undefined
  readonly team?: string | undefined
  readonly password?: string | undefined
  readonly mustChangePassword?: boolean | undefined
  readonly oidc?: UserRecord['oidc']
}

/** Undefined: as it is; null: none. */
export interface UserPatch {
  readonly name?: string | undefined
  readonly displayName?: string | undefined
  readonly role?: Role | undefined
  readonly enabled?: boolean | undefined
  readonly email?: string | null | undefined
  readonly team?: string | null | undefined
  readonly password?: string | undefined
  readonly mustChangePassword?: boolean | undefined
}

export interface WriteOptions {
  readonly origin: Origin
  /** Everything but the writing. */
  readonly dryRun?: boolean
  /** Revision that the user must have. */
  readonly expect?: number | undefined
  /** Committed together with it. */
  readonly beside?: readonly Write[]
  /** For the audit; default `user.create`, `user.update`, `user.delete`. */
  readonly action?: string
  /** A session that a changed password does not end. */
  readonly keepSession?: string
}

export interface UsersOptions {
  readonly accounts: AccountStore
  readonly hasher: PasswordHasher
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly random: RandomBytes
}

/** Who there is. Every change is audited in its own commit; no change leaves the gateway without an enabled admin. */
export class Users {
  readonly #options: UsersOptions

  constructor(options: UsersOptions) {
    this.#options = options
  }

  /** From the store. */
  async get(id: string): Promise<StoredUser | undefined> {
    return this.#options.accounts.users.fresh(id)
  }

  /** By `name:...` or `oidc:...`. */
  async byClaim(claim: string): Promise<StoredUser | undefined> {
    const owner = await this.#options.accounts.store.get(USER_CLAIMS, claim)
    return typeof owner?.body['userId'] === 'string' ? this.get(owner.body['userId']) : undefined
  }

  byName(name: string): Promise<StoredUser | undefined> {
    return this.byClaim(nameClaim(name))
  }

  async list(): Promise<readonly StoredUser[]> {
    return (await this.#options.accounts.store.list(USERS)) as unknown as readonly StoredUser[]
  }

  async create(user: NewUser, options: WriteOptions): Promise<StoredUser> {
    const { now, random } = this.#options
    const { password, name, ...rest } = user
    checkName(name)
    if (user.email !== undefined) checkEmail(user.email)
    const record: UserRecord = {
      displayName: name,
      enabled: true,
      ...given(rest),
      id: randomId(random),
      name,
      createdAt: now(),
      ...(password === undefined ? {} : await this.#hashed(password, name)),
    }
    return this.#options.accounts.retrying(() => this.#write(undefined, record, options))
  }

  /** Throws not_found, and precondition_failed where `expect` does not hold. */
  async update(id: string, patch: UserPatch, options: WriteOptions): Promise<StoredUser> {
    if (patch.name !== undefined) checkName(patch.name)
    if (typeof patch.email === 'string') checkEmail(patch.email)
    const named = patch.name ?? (await this.#required(id, options.expect)).body.name
    const { password, ...fields } = patch
    const hashed = password === undefined ? {} : await this.#hashed(password, named)
    return this.#options.accounts.retrying(async () => {
      const before = await this.#required(id, options.expect)
      checkOrigin(before.body, patch, options)
      // Null takes a field away.
      const record: UserRecord = present({ ...before.body, ...given(fields), ...hashed })
      return this.#write(before, record, options)
    })
  }

  /** Throws not_found, and precondition_failed where `expect` does not hold. */
  remove(id: string, options: WriteOptions): Promise<void> {
    const { accounts, now } = this.#options
    return accounts.retrying(async () => {
      const before = await this.#required(id, options.expect)
      const writes: Write[] = [
        { kind: 'delete', collection: USERS, id, expect: before.revision },
        { kind: 'delete', collection: USER_STATES, id },
        ...claimsOf(before.body).map((claim): Write => ({ kind: 'delete', collection: USER_CLAIMS, id: claim })),
        ...(await adminsWrites(accounts, before.body, undefined)),
        ...(await this.#sessionEnds(id)),
        ...(options.beside ?? []),
        auditWrite(options.origin, {
          action: options.action ?? 'user.delete',
          target: `users/${before.body.name}`,
          result: 'ok',
          before: withoutPassword(before.body),
          time: now(),
        }),
      ]
      if (options.dryRun !== true) await accounts.commit(writes)
    })
  }

  async #write(before: StoredUser | undefined, record: UserRecord, options: WriteOptions): Promise<StoredUser> {
    const { accounts, now } = this.#options
    const changedPassword = before !== undefined && before.body.password !== record.password
    const writes: Write[] = [
      { kind: 'put', collection: USERS, id: record.id, body: { ...record }, expect: before?.revision ?? 0 },
      ...(await this.#claimWrites(before?.body, record)),
      ...(await adminsWrites(accounts, before?.body, record)),
      ...(changedPassword || !record.enabled ? await this.#sessionEnds(record.id, options.keepSession) : []),
      ...(options.beside ?? []),
      auditWrite(options.origin, {
        action: options.action ?? (before === undefined ? 'user.create' : 'user.update'),
        target: `users/${record.name}`,
        result: 'ok',
        ...(before === undefined ? {} : { before: withoutPassword(before.body) }),
        after: { ...withoutPassword(record), ...(changedPassword ? { password: 'changed' } : {}) },
        time: now(),
      }),
    ]
    const revision = options.dryRun === true ? (before?.revision ?? 0) : await accounts.commit(writes)
    return { id: record.id, revision, body: record }
  }

  async #claimWrites(before: UserRecord | undefined, record: UserRecord): Promise<Write[]> {
    const had = before === undefined ? [] : claimsOf(before)
    const has = claimsOf(record)
    const added = has.filter((claim) => !had.includes(claim))
    for (const claim of added) {
      if ((await this.#options.accounts.store.get(USER_CLAIMS, claim)) === undefined) continue
      throw new AccountProblem('already_exists', `There is a user named ${record.name} already`, {
        details: [{ pointer: '/name', code: 'already_exists', message: 'is taken; names are the same whatever their case' }],
      })
    }
    const body: Body = { userId: record.id }
    return [
      ...added.map((id): Write => ({ kind: 'put', collection: USER_CLAIMS, id, body, expect: 0 })),
      ...had.filter((claim) => !has.includes(claim)).map((id): Write => ({ kind: 'delete', collection: USER_CLAIMS, id })),
    ]
  }

  async #sessionEnds(userId: string, but?: string): Promise<Write[]> {
    const sessions = await this.#options.accounts.store.list(SESSIONS, { prefix: sessionPrefix(userId) })
    return sessions.filter(({ id }) => id !== but).map(({ id }) => ({ kind: 'delete', collection: SESSIONS, id }))
  }

  async #hashed(password: string, name: string): Promise<Pick<UserRecord, 'password' | 'passwordChangedAt'>> {
    const fault = passwordFault(password, name)
    if (fault !== undefined) throw fieldProblem('/password', 'weak_password', `The password ${fault}`)
    return { password: await this.#options.hasher.hash(password), passwordChangedAt: this.#options.now() }
  }

  async #required(id: string, expect: number | undefined): Promise<StoredUser> {
    const user = await this.get(id)
    if (user === undefined) throw new AccountProblem('not_found', 'There is no such user')
    if (expect !== undefined && user.revision !== expect) {
      throw new AccountProblem('precondition_failed', 'The user was changed since it was read')
    }
    return user
  }
}

/** What an identity provider says of somebody is changed there. */
function checkOrigin({ oidc }: UserRecord, patch: UserPatch, { origin }: WriteOptions): void {
  if (oidc === undefined || origin.actor.kind === 'system') return
  if (patch.role === undefined && patch.password === undefined) return
  throw new AccountProblem('read_only', 'Roles and passwords of those who come by single sign-on are changed at their identity provider')
}

function checkEmail(email: string): void {
  if (!/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 254) throw fieldProblem('/email', 'invalid', 'expected an e-mail address')
}

/** Without what is undefined. */
function given<Fields extends object>(fields: Fields): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [Name in keyof Fields]: Exclude<Fields[Name], undefined> }
}

/** Without what is null, too. */
function present<Fields extends object>(fields: Fields): { [Name in keyof Fields]: NonNullable<Fields[Name]> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(entries) as { [Name in keyof Fields]: NonNullable<Fields[Name]> }
}
