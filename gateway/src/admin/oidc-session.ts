import { oidcCallbackQuerySchema, oidcStartQuerySchema, sessionIdSchema } from '@jairouter/contract/management/session'
import { AccountProblem } from '../auth/accounts/account-problem.ts'
import { OIDC_STATE_MS } from '../auth/accounts/oidc.ts'
import type { OidcProvider } from '../config/snapshot.ts'
import { callerOf, type AccountParts } from './account-parts.ts'
import { AdminProblem, defineRoute, type AdminAnswer, type AdminRequest, type AnyRoute } from './route.ts'
import { cookieNames, dropCookie, readCookie, writeCookie } from './session-cookies.ts'
import { sessionCookies } from './tokens-answer.ts'

const TAG = 'session'

/** From `/admin/api/session/oidc/ID/...` to `/admin/`: relative, for a proxy may have put something before it. */
const TO_CONSOLE = '../../../../'

/** Both are for browsers to be led to: what goes wrong leads back to the console, with the problem's code in the fragment. */
export function oidcRoutes({ accounts, admin }: AccountParts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/session/oidc/:id/start',
      permission: 'public',
      tag: TAG,
      summary: 'Sign in at an identity provider',
      description: 'Leads there. Back in the console, the fragment `#signin-error=CODE` tells what went wrong.',
      params: sessionIdSchema,
      query: oidcStartQuerySchema,
      answers: { 303: { description: 'To the identity provider' } },
      async handle(request) {
        const { id } = request.params
        const { returnTo, fresh } = request.query
        const secure = request.secure === true
        try {
          const redirectUrl = redirectUrlOf(accounts.oidc.provider(id), request, admin().publicUrl)
          const { url, sealed } = await accounts.oidc.start(id, { redirectUrl, returnTo, fresh: fresh === 'true' })
          // Back from there, it is another site that leads to us.
          const cookie = writeCookie(cookieNames(secure).oidc, sealed, { secure, maxAgeMs: OIDC_STATE_MS, sameSite: 'Lax' })
          return redirect(url.href, [cookie])
        } catch (error) {
          return backWith(error, [])
        }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/session/oidc/:id/callback',
      permission: 'public',
      tag: TAG,
      summary: 'Back from an identity provider',
      params: sessionIdSchema,
      query: oidcCallbackQuerySchema,
      answers: { 303: { description: 'To the console' } },
      async handle(request) {
        const secure = request.secure === true
        const name = cookieNames(secure).oidc
        const dropped = dropCookie(name, secure)
        try {
          const sealed = readCookie(request.headers['cookie'], name)
          const finished = await accounts.oidc.finish(request.params.id, {
            query: queryText(request.query),
            sealed,
            caller: callerOf(request),
          })
          const { token } = await accounts.tokens.issue(finished)
          return redirect(`${TO_CONSOLE}${finished.returnTo}`, [dropped, ...sessionCookies(accounts, { ...finished, token }, secure)])
        } catch (error) {
          return backWith(error, [dropped])
        }
      },
    }),
  ]
}

function redirect(location: string, cookies: readonly string[]): AdminAnswer {
  return { status: 303, headers: { location, 'cache-control': 'no-store', ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }) } }
}

/** Mistakes of whoever made the link are answered where they are. */
function backWith(error: unknown, cookies: readonly string[]): AdminAnswer {
  if (!(error instanceof AccountProblem) || error.code === 'not_found' || error.code === 'invalid_query') throw error
  return redirect(`${TO_CONSOLE}#signin-error=${error.code}`, cookies)
}

function redirectUrlOf({ id, redirectUrl }: OidcProvider, request: AdminRequest, publicUrl: string | undefined): string {
  const host = request.headers['host'] ?? ''
  const url =
    redirectUrl ?? `${publicUrl ?? `${request.secure === true ? 'https' : 'http'}://${host}`}/admin/api/session/oidc/${id}/callback`
  if (!URL.canParse(url)) throw new AdminProblem('invalid_request', 'The Host header is not valid')
  return url
}

/** As it came; a parameter that is there twice stays so, and is refused. */
function queryText(query: Readonly<Record<string, string | readonly string[]>>): string {
  const pairs = Object.entries(query).flatMap(([name, values]) => [values].flat().map((value) => [name, value]))
  return new URLSearchParams(pairs).toString()
}
