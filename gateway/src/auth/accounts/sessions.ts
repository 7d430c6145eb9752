import type { Stored, Write } from '../../store/port.ts'
import { auditWrite, type Origin } from '../audit/audit-entry.ts'
import { AccountProblem } from './account-problem.ts'
import { isConflict, type AccountStore } from './account-store.ts'
import { randomToken, type RandomBytes } from './random.ts'
import {
  digestOf,
  formatRefreshToken,
  hasDigest,
  isAlive,
  newRefreshToken,
  parseRefreshToken,
  sessionIdOf,
  sessionPrefix,
  type RefreshToken,
  type SessionRecord,
} from './session-record.ts'
import { SESSIONS, USER_STATES, type StoredUser, type UserState } from './user-record.ts'

/** Where a request came from. */
export interface Caller {
  readonly address: string
  readonly agent?: string | undefined
  readonly requestId?: string
}

export interface SessionsOptions {
  readonly accounts: AccountStore
  /** Milliseconds. */
  readonly lives: () => { readonly refreshMs: number; readonly absoluteMs: number }
  /** Whether an identity provider is still one of the config's. */
  readonly knowsProvider: (id: string) => boolean
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly random: RandomBytes
}

export interface LiveSession {
  readonly user: StoredUser
  readonly session: SessionRecord
}

export type StoredSession = Stored<SessionRecord>

/** Of a session that was begun or goes on. */
export interface Continued extends LiveSession {
  /** Undefined where somebody else has just been given the next one. */
  readonly refreshToken: string | undefined
}

/** How long a password that was just said is not asked for again. */
const STEP_UP_MS = 10 * 60_000

/**
 * Two tabs that share a cookie refresh at the same time with the same token. The one that comes second within this time
 * gets an access token alone: the next refresh token is in the cookie that they share. Later, the token is a stolen one.
 */
const GRACE_MS = 10_000

/** Of one user; the oldest makes room. */
const MAXIMUM_SESSIONS = 50

const AGENT_CHARACTERS = 200

/** Who is signed in. A session is alive while its document is there: to delete it is to end it, everywhere. */
export class Sessions {
  readonly #options: SessionsOptions
  /** The last sweep found nothing to do, and until then there is nothing unless a session changes. */
  #quiet = { changes: -1, until: 0 }

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  /** `proven`: a password was said just now. `beside` is committed together with it. */
  async start(
    user: StoredUser,
    caller: Caller,
    { provider, proven, beside = [] }: { readonly provider?: string; readonly proven: boolean; readonly beside?: readonly Write[] },
  ): Promise<Continued> {
    const { accounts, lives, now, random } = this.#options
    const time = now()
    const { refreshMs, absoluteMs } = lives()
    const id = sessionIdOf(user.id, random)
    const token = newRefreshToken(id, randomToken(random), random)
    const session: SessionRecord = {
      id,
      userId: user.id,
      ...(provider === undefined ? {} : { provider }),
      createdAt: time,
      refreshedAt: time,
      expiresAt: time + refreshMs,
      endsAt: time + absoluteMs,
      stepUpUntil: proven ? time + STEP_UP_MS : 0,
      address: caller.address,
      agent: (caller.agent ?? '').slice(0, AGENT_CHARACTERS),
      family: digestOf(token.family),
      refresh: digestOf(token.secret),
    }
    await accounts.retrying(async () => {
      const state = await accounts.stateOf(user.id)
      const next: UserState = { ...state?.body, lastSignIn: time }
      await accounts.commit([
        put(session, 0),
        { kind: 'put', collection: USER_STATES, id: user.id, body: { ...next }, expect: state?.revision ?? 0 },
        ...(await this.#makeRoom(user.id, time)),
        ...beside,
        auditWrite(originOf({ user, session }, caller), {
          action: 'session.login',
          target: `users/${user.body.name}`,
          result: 'ok',
          after: { session: id, by: provider ?? 'password' },
          time,
        }),
      ])
    })
    return { user, session, refreshToken: formatRefreshToken(token) }
  }

  /** Throws session_ended. A token that was used up ends the session: one of the two who had it has stolen it. */
  async refresh(text: string, caller: Caller): Promise<Continued> {
    const token = parseRefreshToken(text)
    if (token === undefined) throw ended()
    return this.#options.accounts.retrying(() => this.#continue(token, caller))
  }

  /** The session and its user, as long as both may; from memory, unless something has changed. */
  async live(id: string): Promise<LiveSession | undefined> {
    const { accounts, now, knowsProvider } = this.#options
    const session = (await accounts.sessions.get(id))?.body
    if (session === undefined || !isAlive(session, now())) return undefined
    if (session.provider !== undefined && !knowsProvider(session.provider)) return undefined
    const user = await accounts.users.get(session.userId)
    return user?.body.enabled === true ? { user, session } : undefined
  }

  /** Those that are alive; of one user, or all. */
  async list(userId?: string): Promise<readonly StoredSession[]> {
    const { accounts, now } = this.#options
    const stored = await accounts.store.list(SESSIONS, userId === undefined ? {} : { prefix: sessionPrefix(userId) })
    return (stored as unknown as readonly StoredSession[]).filter(({ body }) => isAlive(body, now()))
  }

  /** Throws not_found where there is none, or it is another user's than `userId`. */
  async end(id: string, origin: Origin, { userId, action = 'session.revoke' }: { userId?: string; action?: string } = {}): Promise<void> {
    const { accounts, now } = this.#options
    const session = (await accounts.sessions.fresh(id))?.body
    if (session === undefined || (userId !== undefined && session.userId !== userId)) {
      throw new AccountProblem('not_found', 'There is no such session')
    }
    const audit = auditWrite(origin, { action, target: `sessions/${id}`, result: 'ok', time: now() })
    await accounts.commit([remove(id), audit])
  }

  /** All of a user, but for `keep`. Returns how many. */
  async endAll(userId: string, origin: Origin, keep?: string): Promise<number> {
    const { accounts, now } = this.#options
    const ending = (await this.list(userId)).filter(({ id }) => id !== keep)
    if (ending.length === 0) return 0
    const ids = ending.map(({ id }) => id)
    const audit = auditWrite(origin, {
      action: 'session.revoke',
      target: `users/${userId}/sessions`,
      result: 'ok',
      before: { sessions: ids },
      time: now(),
    })
    await accounts.commit([...ids.map(remove), audit])
    return ids.length
  }

  /** A password was said again. */
  async stepUp(id: string, origin: Origin): Promise<SessionRecord> {
    const { accounts, now } = this.#options
    return accounts.retrying(async () => {
      const stored = await accounts.sessions.fresh(id)
      if (stored === undefined) throw ended()
      const session = { ...stored.body, stepUpUntil: now() + STEP_UP_MS }
      const audit = auditWrite(origin, { action: 'session.step-up', target: `sessions/${id}`, result: 'ok', time: now() })
      await accounts.commit([put(session, stored.revision), audit])
      return session
    })
  }

  /** Forgets those that ended by themselves. Returns how many. */
  async sweep(): Promise<number> {
    const { accounts, now } = this.#options
    const { changes } = accounts.sessions
    // A store that rests is not woken up for nothing.
    if (changes === this.#quiet.changes && now() < this.#quiet.until) return 0
    const stored = (await accounts.store.list(SESSIONS)) as unknown as readonly StoredSession[]
    const dead = stored.filter(({ body }) => !isAlive(body, now())).slice(0, 1_000)
    if (dead.length === 0) {
      const ends = stored.map(({ body }) => Math.min(body.expiresAt, body.endsAt))
      this.#quiet = { changes, until: Math.min(...ends) }
      return 0
    }
    try {
      await accounts.commit(dead.map(({ id, revision }) => ({ kind: 'delete', collection: SESSIONS, id, expect: revision })))
    } catch (error) {
      // Another replica sweeps, too.
      if (!isConflict(error)) throw error
      return 0
    }
    return dead.length
  }

  async #continue(token: RefreshToken, caller: Caller): Promise<Continued> {
    const { accounts, now, random, lives, knowsProvider } = this.#options
    const time = now()
    const stored = await accounts.sessions.fresh(token.sessionId)
    if (stored === undefined || !isAlive(stored.body, time) || !hasDigest(token.family, stored.body.family)) throw ended()
    const { body: before, revision } = stored
    const user = await accounts.users.fresh(before.userId)
    if (user?.body.enabled !== true) throw ended()
    if (before.provider !== undefined && !knowsProvider(before.provider)) throw ended()
    if (!hasDigest(token.secret, before.refresh)) {
      const { previous } = before
      const isNext = previous !== undefined && time < previous.until && hasDigest(token.secret, previous.refresh)
      if (isNext) return { user, session: before, refreshToken: undefined }
      await this.#endReused({ user, session: before }, caller)
      throw ended()
    }
    const next = newRefreshToken(before.id, token.family, random)
    const session: SessionRecord = {
      ...before,
      refreshedAt: time,
      expiresAt: Math.min(time + lives().refreshMs, before.endsAt),
      address: caller.address,
      refresh: digestOf(next.secret),
      previous: { refresh: before.refresh, until: time + GRACE_MS },
    }
    const audit = auditWrite(originOf({ user, session }, caller), {
      action: 'session.refresh',
      target: `sessions/${before.id}`,
      result: 'ok',
      time,
    })
    await accounts.commit([put(session, revision), audit])
    return { user, session, refreshToken: formatRefreshToken(next) }
  }

  async #endReused(live: LiveSession, caller: Caller): Promise<void> {
    const { id } = live.session
    await this.#options.accounts.commit([
      remove(id),
      auditWrite(originOf(live, caller), {
        action: 'session.reuse',
        target: `sessions/${id}`,
        result: 'refused',
        code: 'session_ended',
        message: 'A refresh token came a second time; the session has ended',
        time: this.#options.now(),
      }),
    ])
  }

  async #makeRoom(userId: string, time: number): Promise<Write[]> {
    const all = (await this.#options.accounts.store.list(SESSIONS, {
      prefix: sessionPrefix(userId),
    })) as unknown as readonly StoredSession[]
    const alive = all.filter(({ body }) => isAlive(body, time)).sort((a, b) => b.body.refreshedAt - a.body.refreshedAt)
    const staying = new Set(alive.slice(0, MAXIMUM_SESSIONS - 1).map(({ id }) => id))
    return all.filter(({ id }) => !staying.has(id)).map(({ id }) => remove(id))
  }
}

export function originOf({ user, session }: LiveSession, { address, requestId }: Caller): Origin {
  const { id, name, role } = user.body
  return { actor: { kind: 'user', id, name, role, sessionId: session.id }, address, ...(requestId === undefined ? {} : { requestId }) }
}

function ended(): AccountProblem {
  return new AccountProblem('session_ended', 'The session has ended; sign in again')
}

function put(session: SessionRecord, expect: number): Write {
  return { kind: 'put', collection: SESSIONS, id: session.id, body: { ...session }, expect }
}

function remove(id: string): Write {
  return { kind: 'delete', collection: SESSIONS, id }
}
