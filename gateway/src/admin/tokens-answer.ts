import type { Tokens } from '@jairouter/contract/management/session'
import type { Accounts } from '../auth/accounts/accounts.ts'
import type { Continued } from '../auth/accounts/sessions.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { AdminAnswer } from './route.ts'
import { cookieNames, writeCookie } from './session-cookies.ts'

interface TokensOptions {
  /** They go into cookies that no script can read, and are left out of the body. */
  readonly cookie: boolean
  readonly secure: boolean
  readonly status?: number
}

export async function tokensAnswer(accounts: Accounts, continued: Continued, options: TokensOptions): Promise<AdminAnswer> {
  const { session, user, refreshToken } = continued
  const { token, expiresAt } = await accounts.tokens.issue(continued)
  const { id, name, displayName, role, mustChangePassword = false } = user.body
  const body: Tokens = {
    tokenType: 'Bearer',
    expiresAt: isoTime(expiresAt),
    refreshExpiresAt: isoTime(session.expiresAt),
    user: { id, name, displayName, role, mustChangePassword },
    ...(options.cookie ? {} : { accessToken: token, ...(refreshToken === undefined ? {} : { refreshToken }) }),
  }
  const headers = options.cookie ? { 'set-cookie': sessionCookies(accounts, { ...continued, token }, options.secure) } : {}
  return { status: options.status ?? 200, body, headers }
}

/** They stay as long as the session may: that a token has expired is for us to say, not for the browser to hide. */
export function sessionCookies(
  accounts: Accounts,
  { session, token, refreshToken }: Continued & { readonly token: string },
  secure: boolean,
): readonly string[] {
  const names = cookieNames(secure)
  const options = { secure, maxAgeMs: session.expiresAt - accounts.now() }
  return [
    writeCookie(names.access, token, options),
    ...(refreshToken === undefined ? [] : [writeCookie(names.refresh, refreshToken, options)]),
  ]
}
