import { hash, timingSafeEqual } from 'node:crypto'
import { randomId, randomToken, type RandomBytes } from './random.ts'

/** Of the collection `sessions`; times are epoch milliseconds. */
export interface SessionRecord {
  /** Begins with the user's id, so that those of a user are beside each other. */
  readonly id: string
  readonly userId: string
  /** Id of the identity provider that vouched at sign-in; otherwise it was a password. */
  readonly provider?: string
  readonly createdAt: number
  readonly refreshedAt: number
  /** Silence until then ends it. */
  readonly expiresAt: number
  /** It ends then, whatever happens. */
  readonly endsAt: number
  /** Until then, it counts as just proven who it is. */
  readonly stepUpUntil: number
  readonly address: string
  readonly agent: string
  /** Digest of what all refresh tokens of the session have in common: proof that one was ours once. */
  readonly family: string
  /** Digest of the refresh token that is good now. */
  readonly refresh: string
  /** The one before, which others may just have sent on its way. */
  readonly previous?: { readonly refresh: string; readonly until: number }
}

const SEPARATOR = '~'

export function sessionIdOf(userId: string, random: RandomBytes): string {
  return `${sessionPrefix(userId)}${randomId(random)}`
}

/** What the ids of a user's sessions begin with. */
export function sessionPrefix(userId: string): string {
  return `${userId}${SEPARATOR}`
}

export function isAlive({ expiresAt, endsAt }: SessionRecord, now: number): boolean {
  return now < expiresAt && now < endsAt
}

export interface RefreshToken {
  readonly sessionId: string
  readonly family: string
  readonly secret: string
}

const REFRESH_TOKEN = /^jrr_([0-9a-f]{1,64}~[0-9a-f]{1,64})\.([\w-]{43})\.([\w-]{43})$/

export function newRefreshToken(sessionId: string, family: string, random: RandomBytes): RefreshToken {
  return { sessionId, family, secret: randomToken(random) }
}

export function formatRefreshToken({ sessionId, family, secret }: RefreshToken): string {
  return `jrr_${sessionId}.${family}.${secret}`
}

/** Undefined for what is none. */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  const [, sessionId, family, secret] = REFRESH_TOKEN.exec(text) ?? []
  return sessionId === undefined || family === undefined || secret === undefined ? undefined : { sessionId, family, secret }
}

/** Of what is random, so that it needs no salt and no work. */
export function digestOf(secret: string): string {
  return hash('sha256', secret, 'hex')
}

export function hasDigest(secret: string, digest: string): boolean {
  return timingSafeEqual(Buffer.from(digestOf(secret)), Buffer.from(digest))
}
