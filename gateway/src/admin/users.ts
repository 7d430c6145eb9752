import { listAnswerSchema } from '@jairouter/contract/management/list'
import {
  createUserSchema,
  patchUserSchema,
  USER_EXAMPLE,
  userIdSchema,
  userListQuerySchema,
  userSchema,
  type User,
} from '@jairouter/contract/management/user'
import type { Accounts } from '../auth/accounts/accounts.ts'
import { USER_STATES, type StoredUser, type UserState } from '../auth/accounts/user-record.ts'
import { expectedRevision, requireStepUp, type AccountParts } from './account-parts.ts'
import { listPage, type ListShape } from './list-page.ts'
import { AdminProblem, defineRoute, type AdminAnswer, type AnyRoute } from './route.ts'
import { showUser } from './user-view.ts'

const TAG = 'users'

const fields: ListShape<User>['fields'] = {
  name: ({ name }) => name,
  displayName: ({ displayName }) => displayName,
  role: ({ role }) => role,
  enabled: ({ enabled }) => enabled,
  email: ({ email }) => email,
  team: ({ team }) => team,
  by: ({ by }) => by,
  createdAt: ({ createdAt }) => createdAt,
  lastSignIn: ({ lastSignIn }) => lastSignIn,
}

export function userRoutes({ accounts }: AccountParts): readonly AnyRoute[] {
  return [...readingRoutes(accounts), ...writingRoutes(accounts)]
}

/** Its tag is the revision: a sign-in changes none. */
async function answerOf(accounts: Accounts, { id, body, revision }: StoredUser, status = 200): Promise<AdminAnswer> {
  const lastSignIn = (await accounts.store.stateOf(id))?.body.lastSignIn
  return { status, body: showUser(body, lastSignIn), etag: String(revision) }
}

function readingRoutes(accounts: Accounts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/users',
      permission: 'users.read',
      tag: TAG,
      summary: 'The users',
      query: userListQuerySchema,
      answers: { 200: { description: 'A page of them', schema: listAnswerSchema(userSchema) } },
      example: { answer: { items: [USER_EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-02-01T08:31:00.000Z' } },
      async handle({ query }) {
        const [users, states] = await Promise.all([accounts.users.list(), accounts.store.store.list(USER_STATES)])
        const lastSignIns = new Map(states.map(({ id, body }) => [id, (body as UserState).lastSignIn]))
        const shown = users.map(({ id, body }) => showUser(body, lastSignIns.get(id)))
        return { body: listPage(shown, query, { fields, id: ({ id }) => id, sort: 'name', now: accounts.now() }) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/users/:id',
      permission: 'users.read',
      tag: TAG,
      summary: 'A user',
      params: userIdSchema,
      answers: { 200: { description: 'The user', schema: userSchema } },
      example: { answer: USER_EXAMPLE },
      async handle({ params }) {
        const user = await accounts.users.get(params.id)
        if (user === undefined) throw new AdminProblem('not_found', 'There is no such user')
        return answerOf(accounts, user)
      },
    }),
  ]
}

function writingRoutes(accounts: Accounts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/users',
      permission: 'users.write',
      tag: TAG,
      summary: 'Make a user',
      canDryRun: true,
      body: createUserSchema,
      answers: { 201: { description: 'Made', schema: userSchema } },
      example: { request: { name: 'ada', role: 'operator', password: 'correct horse battery' }, answer: USER_EXAMPLE },
      async handle({ body, origin, dryRun, actor }) {
        await requireStepUp(accounts, actor)
        const made = await accounts.users.create(body, { origin, dryRun })
        return dryRun ? { body: showUser(made.body, undefined) } : answerOf(accounts, made, 201)
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: '/users/:id',
      permission: 'users.write',
      tag: TAG,
      summary: 'Change a user',
      description:
        'RFC 7396: what is not named stays. Acts at once, on sessions that are open, too; a new password ends them. The last enabled admin stays one.',
      canDryRun: true,
      params: userIdSchema,
      body: patchUserSchema,
      answers: { 200: { description: 'As it is now', schema: userSchema } },
      example: { request: { role: 'viewer', team: null }, answer: { ...USER_EXAMPLE, role: 'viewer' } },
      async handle(request) {
        const { params, body, origin, dryRun, actor } = request
        if (body.role !== undefined || body.password !== undefined || body.enabled !== undefined) await requireStepUp(accounts, actor)
        // Who sets somebody else's password knows it.
        const isOthers = actor?.kind !== 'user' || actor.id !== params.id
        const patch = {
          ...body,
          ...(body.password !== undefined && body.mustChangePassword === undefined ? { mustChangePassword: isOthers } : {}),
        }
        return answerOf(accounts, await accounts.users.update(params.id, patch, { origin, dryRun, expect: expectedRevision(request) }))
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/users/:id',
      permission: 'users.write',
      tag: TAG,
      summary: 'Delete a user',
      description: 'With all sessions. The last enabled admin can’t be deleted.',
      canDryRun: true,
      params: userIdSchema,
      answers: { 204: { description: 'Deleted' } },
      async handle(request) {
        const { params, origin, dryRun, actor } = request
        await requireStepUp(accounts, actor)
        await accounts.users.remove(params.id, { origin, dryRun, expect: expectedRevision(request) })
        return { status: 204 }
      },
    }),
  ]
}
