import {
  methodsSchema,
  refreshSchema,
  signInSchema,
  stepUpAnswerSchema,
  stepUpSchema,
  TOKENS_EXAMPLE,
  tokensSchema,
} from '@jairouter/contract/management/session'
import { isoTime } from '../lib/iso-time.ts'
import { callerOf, liveOf, type AccountParts } from './account-parts.ts'
import { oidcRoutes } from './oidc-session.ts'
import { requireOwnPage } from './own-page.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'
import { cookieNames, dropCookie, readCookie } from './session-cookies.ts'
import { tokensAnswer } from './tokens-answer.ts'

const TAG = 'session'

export function sessionRoutes(parts: AccountParts): readonly AnyRoute[] {
  return [...beginningRoutes(parts), ...runningRoutes(parts), ...oidcRoutes(parts)]
}

function beginningRoutes({ accounts, admin }: AccountParts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/session',
      permission: 'public',
      tag: TAG,
      summary: 'Sign in with name and password',
      description: 'Ten failed tries within a minute, by name or by address, shut the door for a minute, then for twice as long each time.',
      body: signInSchema,
      answers: { 200: { description: 'Signed in', schema: tokensSchema } },
      example: { request: { name: 'ada', password: 'correct horse battery' }, answer: TOKENS_EXAMPLE },
      async handle(request) {
        const { name, password, cookie } = request.body
        if (cookie) requireOwnPage(request.headers, admin().publicUrl)
        const continued = await accounts.signIn.withPassword(name, password, callerOf(request))
        return tokensAnswer(accounts, continued, { cookie, secure: request.secure === true })
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/session/refresh',
      permission: 'public',
      tag: TAG,
      summary: 'Go on with a session',
      description:
        'Each refresh token is good once. One that comes again within ten seconds gets an access token alone (two tabs may share it); later it ends the session, since one of the two who had it has stolen it.',
      body: refreshSchema.optional(),
      answers: { 200: { description: 'It goes on', schema: tokensSchema } },
      example: { request: { refreshToken: TOKENS_EXAMPLE.refreshToken }, answer: TOKENS_EXAMPLE },
      async handle(request) {
        const secure = request.secure === true
        const sent = request.body?.refreshToken
        const kept = sent === undefined ? readCookie(request.headers['cookie'], cookieNames(secure).refresh) : undefined
        if (kept !== undefined) requireOwnPage(request.headers, admin().publicUrl)
        const token = sent ?? kept
        if (token === undefined) throw new AdminProblem('not_signed_in', 'Send the refresh token')
        const continued = await accounts.sessions.refresh(token, callerOf(request))
        return tokensAnswer(accounts, continued, { cookie: kept !== undefined, secure })
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/session/methods',
      permission: 'public',
      tag: TAG,
      summary: 'How one can sign in',
      answers: { 200: { description: 'The ways', schema: methodsSchema } },
      example: { answer: { password: true, oidc: [{ id: 'company', name: 'Company login' }] } },
      handle: () => ({ body: { password: true, oidc: [...accounts.settings().oidc.values()].map(({ id, name }) => ({ id, name })) } }),
    }),
  ]
}

function runningRoutes({ accounts }: AccountParts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'DELETE',
      path: '/session',
      permission: 'me',
      tag: TAG,
      summary: 'Sign out',
      answers: { 204: { description: 'Signed out; the tokens are good no more' } },
      async handle(request) {
        const { session } = await liveOf(accounts, request.actor)
        await accounts.sessions.end(session.id, request.origin, { action: 'session.logout' })
        const secure = request.secure === true
        const { access, refresh } = cookieNames(secure)
        return { status: 204, headers: { 'set-cookie': [dropCookie(access, secure), dropCookie(refresh, secure)] } }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/session/step-up',
      permission: 'me',
      tag: TAG,
      summary: 'Say the password again',
      description:
        'Needed to make and delete users and to change their role, password or being enabled, when the last time was more than ten minutes ago. A sign-in by password counts. Who comes by single sign-on signs in again, with `fresh=true`.',
      body: stepUpSchema,
      answers: { 200: { description: 'Until when it counts', schema: stepUpAnswerSchema } },
      example: { request: { password: 'correct horse battery' }, answer: { stepUpUntil: '2026-02-01T08:40:00.000Z' } },
      async handle(request) {
        const live = await liveOf(accounts, request.actor)
        const { stepUpUntil } = await accounts.signIn.stepUp(live, request.body.password, callerOf(request))
        return { body: { stepUpUntil: isoTime(stepUpUntil) } }
      },
    }),
  ]
}
