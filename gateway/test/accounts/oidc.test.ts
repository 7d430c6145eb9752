import { OPEN_POLICY } from '../../src/upstream/policed-connect.ts'
import { createPolicedFetch } from '../../src/upstream/policed-fetch.ts'
import { describe, expect, it } from 'vitest'
import type { OidcProvider } from '../../src/config/snapshot.ts'
import { openDesk, settings, type Answer, type Desk } from '../support/account-desk.ts'
import { CLIENT, startIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts'

const CALLBACK = 'http://gateway.test/admin/api/session/oidc/company/callback'

interface Sso extends Desk {
  readonly idp: IdentityProvider
  readonly provider: OidcProvider
  start(query?: Record<string, string>): Promise<{ readonly url: string; readonly cookie: string }>
  callback(url: URL, cookie: string | undefined): Promise<Answer>
  /** All of it. */
  come(query?: Record<string, string>): Promise<Answer>
}

async function openSso(more: Partial<OidcProvider> = {}): Promise<Sso> {
  const idp = await startIdentityProvider(CALLBACK)
  const provider: OidcProvider = {
    id: 'company',
    name: 'Company login',
    issuer: idp.issuer,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    scopes: ['openid', 'profile', 'email', 'groups'],
    roles: { claim: 'groups', map: { ops: 'operator', boss: 'admin', dev: 'developer' }, default: 'none' },
    allowInsecure: true,
    ...more,
  }
  const desk = openDesk({
    fetch: createPolicedFetch(() => OPEN_POLICY),
    settings: () => ({ ...settings, oidc: new Map([[provider.id, provider]]) }),
  })
  const sso: Sso = {
    ...desk,
    idp,
    provider,
    async start(query = {}) {
      const { status, headers } = await desk.ask('GET /session/oidc/company/start', { query })
      expect(status).toBe(303)
      return { url: String(headers['location']), cookie: cookieFrom(headers) }
    },
    callback: (url, cookie) =>
      desk.ask('GET /session/oidc/company/callback', {
        query: Object.fromEntries(url.searchParams),
        ...(cookie === undefined ? {} : { headers: { cookie } }),
      }),
    async come(query) {
      const { url, cookie } = await sso.start(query)
      return sso.callback(await idp.visit(url), cookie)
    },
  }
  return sso
}

function cookieFrom(headers: Answer['headers']): string {
  return [headers['set-cookie'] ?? []]
    .flat()
    .map((line) => line.split(';')[0])
    .filter((pair) => pair?.endsWith('=') === false)
    .join('; ')
}

const meOf = async (desk: Desk, { headers }: Answer) => (await desk.ask('GET /me', { headers: { cookie: cookieFrom(headers) } })).body

describe('single sign-on', () => {
  it('makes a user at the first time, with the role of its claims, and leads back to where it began', async () => {
    const sso = await openSso()
    sso.idp.signedInAs('subject-1', {
      preferred_username: 'Ada L',
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      email_verified: true,
      groups: ['staff', 'dev', 'ops'],
    })
    const { url, cookie } = await sso.start({ returnTo: '/admin/keys?sort=name' })
    const asked = new URL(url)
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: CALLBACK,
      scope: 'openid profile email groups',
    })
    const back = await sso.callback(await sso.idp.visit(url), cookie)
    expect(back).toMatchObject({ status: 303, headers: { location: '../../../../keys?sort=name' } })
    expect(await meOf(sso, back)).toMatchObject({
      role: 'operator',
      user: {
        name: 'Ada-L',
        displayName: 'Ada Lovelace',
        email: 'ada@example.com',
        by: 'oidc',
        oidc: { provider: 'company', issuer: sso.idp.issuer, subject: 'subject-1' },
      },
    })
    await sso.come()
    expect(await sso.accounts.users.list()).toHaveLength(1)
    expect(sso.idp.discovered()).toBe(1)
    expect((await sso.ask('GET /bootstrap')).body).toMatchObject({ methods: ['password', 'oidc'] })
    expect((await sso.ask('GET /session/methods')).body).toEqual({ password: true, oidc: [{ id: 'company', name: 'Company login' }] })
  })

  it('maps roles at each sign-in, and they act at once', async () => {
    const sso = await openSso()
    await sso.setUp()
    sso.idp.signedInAs('subject-1', { preferred_username: 'ada', groups: ['boss'] })
    const first = await sso.come()
    expect(await meOf(sso, first)).toMatchObject({ role: 'admin' })
    sso.idp.signedInAs('subject-1', { preferred_username: 'ada', groups: 'dev' })
    await sso.come()
    expect(await meOf(sso, first)).toMatchObject({ role: 'developer' })
  })

  it('refuses whom no role is mapped to, and ends what that one had', async () => {
    const sso = await openSso()
    await sso.setUp()
    sso.idp.signedInAs('stranger', { groups: ['staff', 'toString', '__proto__'] })
    const refused = await sso.come()
    expect(refused).toMatchObject({ status: 303, headers: { location: '../../../../#signin-error=permission_denied' } })
    expect(cookieFrom(refused.headers)).toBe('')
    expect(await sso.accounts.users.list()).toHaveLength(1)

    sso.idp.signedInAs('subject-1', { preferred_username: 'ada', groups: ['ops'] })
    const came = await sso.come()
    sso.idp.signedInAs('subject-1', { preferred_username: 'ada', groups: [] })
    expect((await sso.come()).headers['location']).toContain('permission_denied')
    expect(await meOf(sso, came)).toMatchObject({ code: 'session_ended' })
    const codes = (await sso.audit()).filter(({ body }) => body['code'] === 'permission_denied')
    expect(codes).toHaveLength(2)
  })

  it('gives those a default role where the config says so, and finds roles deeper in the claims', async () => {
    const sso = await openSso({ roles: { claim: 'realm_access.roles', map: { ops: 'operator' }, default: 'viewer' } })
    sso.idp.signedInAs('a', { preferred_username: 'a', realm_access: { roles: ['ops'] } })
    expect(await meOf(sso, await sso.come())).toMatchObject({ role: 'operator' })
    sso.idp.signedInAs('b', { preferred_username: 'b' })
    expect(await meOf(sso, await sso.come())).toMatchObject({ role: 'viewer' })
  })

  it('never takes one for another by name or e-mail', async () => {
    const sso = await openSso()
    const { user: root } = await sso.setUp()
    await sso.accounts.users.update(root.id, { email: 'root@example.com' }, { origin: { actor: { kind: 'cli' } } })
    sso.idp.signedInAs('subject-1', { preferred_username: 'ROOT', email: 'root@example.com', email_verified: true, groups: ['dev'] })
    expect(await meOf(sso, await sso.come())).toMatchObject({ role: 'developer', user: { name: 'ROOT-2', by: 'oidc' } })
    expect(await sso.accounts.users.list()).toHaveLength(2)
  })

  it('is not had with another state, without the cookie, with another’s, or twice', async () => {
    const sso = await openSso()
    sso.idp.signedInAs('subject-1', { preferred_username: 'ada', groups: ['ops'] })
    const failed = { status: 303, headers: { location: '../../../../#signin-error=sign_in_failed' } }
    const { url, cookie } = await sso.start()
    const other = await sso.start()
    const back = await sso.idp.visit(url)
    const forged = new URL(back)
    forged.searchParams.set('state', 'another')
    expect(await sso.callback(forged, cookie)).toMatchObject(failed)
    expect(await sso.callback(back, undefined)).toMatchObject(failed)
    expect(await sso.callback(back, other.cookie)).toMatchObject(failed)
    expect(await sso.callback(back, 'jairouter_oidc=forged')).toMatchObject(failed)
    expect((await sso.callback(back, cookie)).headers['location']).toBe('../../../../')
    expect(await sso.callback(back, cookie)).toMatchObject(failed)
    // Another replica does not know that it was used; the provider does.
    const replica = openDesk({
      fetch: createPolicedFetch(() => OPEN_POLICY),
      store: sso.store,
      settings: () => ({ ...settings, oidc: new Map([['company', sso.provider]]) }),
    })
    const replayed = await replica.ask('GET /session/oidc/company/callback', {
      query: Object.fromEntries(back.searchParams),
      headers: { cookie },
    })
    expect(replayed).toMatchObject(failed)
    expect(await sso.accounts.users.list()).toHaveLength(1)
  })

  it('takes ten minutes at most', async () => {
    const sso = await openSso()
    sso.idp.signedInAs('subject-1', { preferred_username: 'ada', groups: ['ops'] })
    const { url, cookie } = await sso.start()
    const back = await sso.idp.visit(url)
    sso.clock.now += 10 * 60_000
    expect((await sso.callback(back, cookie)).headers['location']).toContain('sign_in_failed')
  })

  it('says so when the provider refuses, or is down, and goes on when it is back', async () => {
    const sso = await openSso()
    sso.idp.signedInAs('subject-1', { preferred_username: 'ada', groups: ['ops'] })
    const begun = await sso.start()
    const state = new URL(begun.url).searchParams.get('state') ?? ''
    const denied = new URL(`${CALLBACK}?error=access_denied&state=${state}&iss=${encodeURIComponent(sso.idp.issuer)}`)
    expect((await sso.callback(denied, begun.cookie)).headers['location']).toContain('sign_in_failed')

    const { url, cookie } = await sso.start()
    const back = await sso.idp.visit(url)
    await sso.idp.close()
    expect((await sso.callback(back, cookie)).headers['location']).toBe('../../../../#signin-error=upstream_error')
    sso.clock.now += 2 * 60 * 60_000
    const down = await sso.ask('GET /session/oidc/company/start')
    expect(down).toMatchObject({ status: 303, headers: { location: '../../../../#signin-error=upstream_error' } })
    await sso.idp.reopen()
    expect((await sso.come()).headers['location']).toBe('../../../../')
  })

  it('leads nowhere but into the console', async () => {
    const sso = await openSso()
    const start = (returnTo: string) => sso.ask('GET /session/oidc/company/start', { query: { returnTo } })
    for (const bad of [
      'https://evil.test',
      '//evil.test',
      '/\\evil.test',
      '../v1/models',
      '/admin/../v1',
      '/admin/%2e%2e/v1',
      'javascript:alert(1)',
      '/elsewhere',
      'api/users',
      'a\nb',
    ]) {
      expect(await start(bad), bad).toMatchObject({ status: 400, body: { code: 'invalid_query', details: [{ pointer: '/returnTo' }] } })
    }
    expect((await sso.ask('GET /session/oidc/nobody/start')).status).toBe(404)
  })

  it('can prove again who it is, by signing in there anew', async () => {
    const sso = await openSso()
    sso.idp.signedInAs('subject-1', { preferred_username: 'ada', groups: ['boss'] })
    const make = async ({ headers }: Answer) => {
      const request = { cookie: cookieFrom(headers), 'sec-fetch-site': 'same-origin' }
      return sso.ask('POST /users', { headers: request, body: { name: 'bob', role: 'viewer', password: 'correct horse battery' } })
    }
    expect((await make(await sso.come())).body).toMatchObject({ code: 'step_up_required' })
    const { url } = await sso.start({ fresh: 'true' })
    expect(new URL(url).searchParams.get('prompt')).toBe('login')
    expect((await make(await sso.come({ fresh: 'true' }))).status).toBe(201)
  })

  it('does not take the role of the last admin, and lets that one in no more', async () => {
    const sso = await openSso()
    sso.idp.signedInAs('subject-1', { preferred_username: 'ada', groups: ['boss'] })
    await sso.come()
    sso.idp.signedInAs('subject-1', { preferred_username: 'ada', groups: ['dev'] })
    expect((await sso.come()).headers['location']).toContain('in_use')
  })

  it('is over with its provider, and its roles are the provider’s', async () => {
    const sso = await openSso()
    const { accessToken: token } = await sso.setUp()
    sso.idp.signedInAs('subject-1', { preferred_username: 'ada', groups: ['ops'] })
    const came = await sso.come()
    const ada = await sso.accounts.users.byName('ada')
    expect((await sso.ask(`PATCH /users/${ada?.id}`, { token, body: { role: 'viewer' } })).body).toMatchObject({ code: 'read_only' })
    expect((await sso.ask(`PATCH /users/${ada?.id}`, { token, body: { password: 'a password of its own' } })).body).toMatchObject({
      code: 'read_only',
    })
    const without = openDesk({ fetch: createPolicedFetch(() => OPEN_POLICY), store: sso.store })
    expect(await meOf(without, came)).toMatchObject({ code: 'session_ended' })

    expect((await sso.ask(`PATCH /users/${ada?.id}`, { token, body: { enabled: false } })).status).toBe(200)
    expect((await sso.come()).headers['location']).toContain('permission_denied')
  })

  it('keeps the provider’s secrets to itself', async () => {
    const sso = await openSso()
    sso.idp.signedInAs('subject-1', { preferred_username: 'ada', groups: ['ops'] })
    const { url, cookie } = await sso.start()
    const back = await sso.idp.visit(url)
    await sso.callback(back, cookie)
    const seen = JSON.stringify([url, cookie, await sso.audit(), await sso.store.list('sessions'), await sso.store.list('users')])
    expect(seen).not.toContain(CLIENT.secret)
    expect(seen).not.toContain(back.searchParams.get('code'))
  })
})
