import { listAnswerSchema } from '@jairouter/contract/management/list'
import {
  changePasswordSchema,
  MAXIMUM_PREFERENCES,
  ME_EXAMPLE,
  meSchema,
  preferencesSchema,
  type Me,
} from '@jairouter/contract/management/me'
import { isAllowed, PERMISSIONS, type Permission, type Role } from '@jairouter/contract/management/roles'
import { SESSION_EXAMPLE, sessionIdSchema, sessionListQuerySchema, sessionSchema } from '@jairouter/contract/management/session'
import { USER_STATES } from '../auth/accounts/user-record.ts'
import { auditWrite } from '../auth/audit/audit-entry.ts'
import { isoTime } from '../lib/iso-time.ts'
import { mergePatch } from '../lib/merge-patch.ts'
import { liveOf, type AccountParts } from './account-parts.ts'
import { AdminProblem, defineRoute, type AdminRequest, type AnyRoute } from './route.ts'
import { sessionPage } from './sessions.ts'
import { showUser } from './user-view.ts'

const TAG = 'me'

export function meRoutes(parts: AccountParts): readonly AnyRoute[] {
  const { accounts } = parts
  return [
    defineRoute({
      method: 'GET',
      path: '/me',
      permission: 'me',
      tag: TAG,
      summary: 'Who asks, and what that one may do',
      answers: { 200: { description: 'The account, its permissions and its session', schema: meSchema } },
      example: { answer: ME_EXAMPLE },
      handle: async (request) => ({ body: await showMe(parts, request) }),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/me/preferences',
      permission: 'me',
      tag: TAG,
      summary: 'Change what a console remembers',
      description: `RFC 7396: what is not named stays, null takes away. ${MAXIMUM_PREFERENCES} bytes altogether.`,
      body: preferencesSchema,
      answers: { 200: { description: 'All of them', schema: preferencesSchema } },
      example: { request: { zone: 'Europe/Berlin' }, answer: { zone: 'Europe/Berlin' } },
      handle: async (request) => ({ body: await patchPreferences(parts, request, request.body) }),
    }),
    defineRoute({
      method: 'POST',
      path: '/me/password',
      permission: 'me',
      tag: TAG,
      summary: 'Change one’s password',
      description: 'Ends all other sessions.',
      body: changePasswordSchema,
      answers: { 204: { description: 'Changed' } },
      example: { request: { oldPassword: 'correct horse battery', password: 'staple of another kind' } },
      async handle(request) {
        const live = await liveOf(accounts, request.actor)
        const { oldPassword, password } = request.body
        await accounts.signIn.changePassword(live, { old: oldPassword, next: password }, request.origin)
        return { status: 204 }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/me/sessions',
      permission: 'me',
      tag: TAG,
      summary: 'One’s own sessions',
      query: sessionListQuerySchema,
      answers: { 200: { description: 'A page of them', schema: listAnswerSchema(sessionSchema) } },
      example: { answer: { items: [SESSION_EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-02-01T08:31:00.000Z' } },
      async handle(request) {
        const live = await liveOf(accounts, request.actor)
        return { body: await sessionPage(accounts, request.query, { userId: live.user.id, currentId: live.session.id }) }
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/me/sessions/:id',
      permission: 'me',
      tag: TAG,
      summary: 'End one of one’s own sessions',
      params: sessionIdSchema,
      answers: { 204: { description: 'Ended, at once' } },
      async handle(request) {
        const live = await liveOf(accounts, request.actor)
        await accounts.sessions.end(request.params.id, request.origin, { userId: live.user.id })
        return { status: 204 }
      },
    }),
  ]
}

/** Every permission, and whether a role has it: the same table that decides. */
function permissionsOf(role: Role): Readonly<Record<string, boolean>> {
  return Object.fromEntries(Object.keys(PERMISSIONS).map((name) => [name, isAllowed(role, name as Permission)]))
}

async function showMe({ accounts, configState }: AccountParts, { actor }: AdminRequest): Promise<Me> {
  const { user, session } = await liveOf(accounts, actor)
  const state = (await accounts.store.stateOf(user.id))?.body
  const now = accounts.now()
  const { id, expiresAt, endsAt, stepUpUntil } = session
  return {
    user: showUser(user.body, state?.lastSignIn),
    role: user.body.role,
    can: { ...permissionsOf(user.body.role) },
    session: {
      id,
      expiresAt: isoTime(expiresAt),
      endsAt: isoTime(endsAt),
      ...(stepUpUntil > now ? { stepUpUntil: isoTime(stepUpUntil) } : {}),
    },
    preferences: { ...state?.preferences },
    ...configState?.(),
    now: isoTime(now),
  }
}

async function patchPreferences({ accounts }: AccountParts, { actor, origin }: AdminRequest, patch: Readonly<Record<string, unknown>>) {
  const { user } = await liveOf(accounts, actor)
  return accounts.store.retrying(async () => {
    const state = await accounts.store.stateOf(user.id)
    const preferences = mergePatch(state?.body.preferences ?? {}, patch)
    if (Buffer.byteLength(JSON.stringify(preferences)) > MAXIMUM_PREFERENCES) {
      throw new AdminProblem('request_too_large', `Preferences have room for ${MAXIMUM_PREFERENCES} bytes`)
    }
    const body = { ...state?.body, preferences }
    await accounts.store.commit([
      { kind: 'put', collection: USER_STATES, id: user.id, body, expect: state?.revision ?? 0 },
      // Views and columns: whose they were is enough.
      auditWrite(origin, { action: 'user.preferences', target: `users/${user.body.name}`, result: 'ok', time: accounts.now() }),
    ])
    return preferences
  })
}
