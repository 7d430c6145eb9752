import { randomId, type RandomBytes } from './random.ts'
import type { LiveSession, Sessions } from './sessions.ts'
import type { TokenKeys } from './token-keys.ts'

const TOKEN_ISSUER = 'jairouter'
const TOKEN_AUDIENCE = 'jairouter'

/** Longer ones are nobody's. */
const MAXIMUM_LENGTH = 4_096

/** Whether it may be an access token at all: three parts, of which the first begins as every JWT does. For what need not be exact. */
export function looksLikeToken(credential: string): boolean {
  return credential.startsWith('eyJ') && credential.length <= MAXIMUM_LENGTH && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(credential)
}

/** `foreign`: we never made it. `ended`: we did, and it is good no more. */
export type TokenVerdict = LiveSession | 'foreign' | 'ended'

export interface AccessToken {
  readonly token: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export interface AccessTokensOptions {
  readonly keys: () => Promise<TokenKeys>
  readonly sessions: Sessions
  readonly lifeMs: () => number
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly random: RandomBytes
}

/** Signed statements of who somebody is, good while the session is. Name and role in them are for whom they are shown to; here, the user's own count. */
export class AccessTokens {
  readonly #options: AccessTokensOptions

  constructor(options: AccessTokensOptions) {
    this.#options = options
  }

  async issue({ user, session }: LiveSession): Promise<AccessToken> {
    const { keys, lifeMs, now, random } = this.#options
    const { SignJWT } = await import('jose')
    const { algorithm, sign, keyId } = await keys()
    const issuedAt = Math.floor(now() / 1_000)
    const expiresAt = Math.floor(Math.min(now() + lifeMs(), session.endsAt) / 1_000)
    const token = await new SignJWT({ name: user.body.name, role: user.body.role, sid: session.id })
      .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid: keyId })
      .setSubject(user.id)
      .setIssuer(TOKEN_ISSUER)
      .setAudience(TOKEN_AUDIENCE)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .setJti(randomId(random))
      .sign(sign)
    return { token, expiresAt: expiresAt * 1_000 }
  }

  /** Throws a StoreError where nobody can say whether the session goes on. */
  async verify(token: string): Promise<TokenVerdict> {
    if (!looksLikeToken(token)) return 'foreign'
    const { keys, sessions, now } = this.#options
    const { jwtVerify, errors } = await import('jose')
    const { algorithm, verify } = await keys()
    const verified = await jwtVerify(token, verify, {
      algorithms: [algorithm],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      requiredClaims: ['sub', 'sid', 'exp', 'iat', 'jti'],
      currentDate: new Date(now()),
    }).catch((error: unknown) => (error instanceof errors.JWTExpired ? 'ended' : 'foreign'))
    if (typeof verified === 'string') return verified === 'ended' ? 'ended' : 'foreign'
    const { sub, sid } = verified.payload
    const live = typeof sid === 'string' ? await sessions.live(sid) : undefined
    return live?.user.id === sub && live !== undefined ? live : 'ended'
  }
}
