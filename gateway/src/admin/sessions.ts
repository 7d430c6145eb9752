import { listAnswerSchema, type ListAnswer } from '@jairouter/contract/management/list'
import {
  SESSION_EXAMPLE,
  sessionIdSchema,
  sessionListQuerySchema,
  sessionSchema,
  type Session,
} from '@jairouter/contract/management/session'
import { userIdSchema } from '@jairouter/contract/management/user'
import type { Accounts } from '../auth/accounts/accounts.ts'
import type { AccountParts } from './account-parts.ts'
import { listPage, type FilterQuery } from './list-page.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'
import { showSession } from './user-view.ts'

const TAG = 'sessions'

export function sessionAdminRoutes({ accounts }: AccountParts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/sessions',
      permission: 'sessions.read',
      tag: TAG,
      summary: 'Who is signed in',
      query: sessionListQuerySchema,
      answers: { 200: { description: 'A page of them', schema: listAnswerSchema(sessionSchema) } },
      example: { answer: { items: [SESSION_EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-02-01T08:31:00.000Z' } },
      async handle({ query, actor }) {
        const currentId = actor?.kind === 'user' ? actor.sessionId : undefined
        return { body: await sessionPage(accounts, query, { currentId }) }
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/sessions/:id',
      permission: 'sessions.write',
      tag: TAG,
      summary: 'End a session',
      description: 'At once: its access tokens are good no more either.',
      params: sessionIdSchema,
      answers: { 204: { description: 'Ended' } },
      async handle({ params, origin }) {
        await accounts.sessions.end(params.id, origin)
        return { status: 204 }
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/users/:id/sessions',
      permission: 'sessions.write',
      tag: TAG,
      summary: 'End all sessions of a user',
      params: userIdSchema,
      answers: { 204: { description: 'Ended' } },
      async handle({ params, origin }) {
        if ((await accounts.users.get(params.id)) === undefined) throw new AdminProblem('not_found', 'There is no such user')
        await accounts.sessions.endAll(params.id, origin)
        return { status: 204 }
      },
    }),
  ]
}

/** `userId`: of one user. */
export async function sessionPage(
  accounts: Accounts,
  query: FilterQuery,
  { userId, currentId }: { readonly userId?: string; readonly currentId: string | undefined },
): Promise<ListAnswer<Session>> {
  const [sessions, users] = await Promise.all([accounts.sessions.list(userId), accounts.users.list()])
  const names = new Map(users.map(({ id, body }) => [id, body.name]))
  const shown = sessions.map(({ body }) => showSession(body, names.get(body.userId), currentId))
  return listPage(shown, query, {
    fields: {
      user: ({ user }) => user.name,
      by: ({ by }) => by,
      address: ({ address }) => address,
      createdAt: ({ createdAt }) => createdAt,
      refreshedAt: ({ refreshedAt }) => refreshedAt,
      expiresAt: ({ expiresAt }) => expiresAt,
    },
    id: ({ id }) => id,
    sort: '-refreshedAt',
    now: accounts.now(),
  })
}
