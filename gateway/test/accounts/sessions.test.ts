import { generateKeyPairSync } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { openDesk, PASSWORD, settings, SharedStore, START, tokensOf, type Desk } from '../support/account-desk.ts'

const MINUTE = 60_000
const DAY = 86_400_000

const refresh = (desk: Desk, refreshToken: string) => desk.ask('POST /session/refresh', { body: { refreshToken } })
const me = (desk: Desk, token: string) => desk.ask('GET /me', { token })

describe('access tokens', () => {
  it('say who it is, for whom, and for how long', async () => {
    const desk = openDesk()
    const { accessToken, user } = await desk.setUp()
    const claims = decodeJwt(accessToken)
    expect(decodeProtectedHeader(accessToken)).toMatchObject({ alg: 'HS256' })
    expect(claims).toMatchObject({ sub: user.id, name: 'root', role: 'admin', iss: 'jairouter', aud: 'jairouter', iat: START / 1_000 })
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(900)
    expect(claims['sid']).toMatch(new RegExp(`^${user.id}~`))
    expect(claims.jti).toBeTypeOf('string')
  })

  it('expire, and the session goes on with others', async () => {
    const desk = openDesk()
    const first = await desk.setUp()
    desk.clock.now += 15 * MINUTE
    expect(await me(desk, first.accessToken)).toMatchObject({ status: 401, body: { code: 'session_ended' } })
    const next = tokensOf(await refresh(desk, first.refreshToken))
    expect((await me(desk, next.accessToken)).status).toBe(200)
  })

  it('are not taken from anybody else, under another algorithm, for another audience, or without a name for their session', async () => {
    const desk = openDesk()
    const { accessToken } = await desk.setUp()
    const claims = decodeJwt(accessToken)
    const { sign } = await keysOf(desk)
    const token = (alg = 'HS256') => new SignJWT(claims).setProtectedHeader({ alg })
    const forged = [
      new UnsecuredJWT(claims).encode(),
      await token().sign(Buffer.alloc(32, 1)),
      await token('HS512').sign(sign),
      await token().setAudience('another').sign(sign),
      await token().setIssuer('another').sign(sign),
      await new SignJWT({ ...claims, sid: undefined }).setProtectedHeader({ alg: 'HS256' }).sign(sign),
      `${accessToken.slice(0, -3)}abc`,
      accessToken.split('.').slice(0, 2).join('.'),
    ]
    for (const other of forged) {
      expect(await me(desk, other)).toMatchObject({ status: 403, body: { code: 'key_not_accepted' } })
      expect(await desk.accounts.authenticateUser(other)).toBeUndefined()
    }
    expect((await me(desk, await token().sign(sign))).status).toBe(200)
    // Signed by us, for a session of somebody else.
    expect((await me(desk, await token().setSubject('somebody').sign(sign))).body).toMatchObject({ code: 'session_ended' })
  })

  it.each([
    ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey],
    ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
  ] as const)('are signed by %s with the key of a file', async (algorithm, make) => {
    const pem = make().export({ type: 'pkcs8', format: 'pem' }).toString()
    const tokens = { algorithm, privateKeyFile: 'key.pem' }
    const desk = openDesk({ settings: () => ({ ...settings, tokens }), readKeyFile: async (file) => (file === 'key.pem' ? pem : '') })
    const { accessToken } = await desk.setUp()
    expect(decodeProtectedHeader(accessToken).alg).toBe(algorithm)
    expect((await me(desk, accessToken)).status).toBe(200)
    // The public key as an HMAC secret: the oldest trick.
    const forged = await new SignJWT(decodeJwt(accessToken)).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(pem))
    expect((await me(desk, forged)).status).toBe(403)
  })

  it('are good after a restart, and on every replica; the secret is kept sealed', async () => {
    const desk = openDesk()
    const { accessToken } = await desk.setUp()
    expect((await me(openDesk({ store: desk.store }), accessToken)).status).toBe(200)
    const kept = JSON.stringify(await desk.store.list('settings'))
    expect(kept).not.toContain(Buffer.from((await keysOf(desk)).sign).toString('base64url'))
  })

  it('are signed with one secret by replicas that start at the same time', async () => {
    const store = new SharedStore()
    const [one, two] = [openDesk({ store }), openDesk({ store })]
    await one.setUp()
    const [a, b] = (await Promise.all([one.signIn('root'), two.signIn('root')])).map(tokensOf)
    expect((await me(two, a?.accessToken ?? '')).status).toBe(200)
    expect((await me(one, b?.accessToken ?? '')).status).toBe(200)
  })
})

async function keysOf(desk: Desk): Promise<{ readonly sign: Uint8Array }> {
  const sealed = (await desk.store.get('settings', 'token-secret'))?.body['sealed']
  const { testBox } = await import('../support/account-desk.ts')
  return { sign: Buffer.from(testBox().open(String(sealed), 'token-secret'), 'base64url') }
}

describe('refreshing', () => {
  it('gives another refresh token each time', async () => {
    const desk = openDesk()
    const first = await desk.setUp()
    const second = tokensOf(await refresh(desk, first.refreshToken))
    const third = tokensOf(await refresh(desk, second.refreshToken))
    expect(new Set([first, second, third].map(({ refreshToken }) => refreshToken)).size).toBe(3)
    expect((await me(desk, third.accessToken)).status).toBe(200)
  })

  it('with a token that was used before ends the session, for both, and is audited', async () => {
    const desk = openDesk()
    const first = await desk.setUp()
    const second = tokensOf(await refresh(desk, first.refreshToken))
    desk.clock.now += 10_001
    expect(await refresh(desk, first.refreshToken)).toMatchObject({ status: 401, body: { code: 'session_ended' } })
    expect(await refresh(desk, second.refreshToken)).toMatchObject({ status: 401, body: { code: 'session_ended' } })
    expect((await me(desk, second.accessToken)).body).toMatchObject({ code: 'session_ended' })
    const reuse = (await desk.audit()).find(({ body }) => body['action'] === 'session.reuse')
    expect(reuse?.body).toMatchObject({ by: 'root', address: '192.0.2.1', result: 'refused', code: 'session_ended' })
  })

  it('also when the token is older than the one before', async () => {
    const desk = openDesk()
    const first = await desk.setUp()
    const second = tokensOf(await refresh(desk, first.refreshToken))
    const third = tokensOf(await refresh(desk, second.refreshToken))
    expect((await refresh(desk, first.refreshToken)).status).toBe(401)
    expect((await refresh(desk, third.refreshToken)).status).toBe(401)
  })

  it('at the same time with one token goes on for all, and one of them gets the next', async () => {
    const desk = openDesk()
    const { refreshToken } = await desk.setUp()
    const answers = await Promise.all(Array.from({ length: 4 }, () => refresh(desk, refreshToken)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    const next = answers.flatMap(({ body }) => ('refreshToken' in body ? [String(body['refreshToken'])] : []))
    expect(next).toHaveLength(1)
    for (const { body } of answers) expect((await me(desk, String(body['accessToken']))).status).toBe(200)
    expect((await refresh(desk, next[0] ?? '')).status).toBe(200)
  })

  it('with a guess for a session whose id is known does not end it', async () => {
    const desk = openDesk()
    const { refreshToken } = await desk.setUp()
    const [id = ''] = refreshToken.split('.')
    const guess = `${id}.${'A'.repeat(43)}.${'B'.repeat(43)}`
    expect((await refresh(desk, guess)).status).toBe(401)
    expect((await refresh(desk, 'jrr_nonsense')).status).toBe(401)
    expect((await refresh(desk, refreshToken)).status).toBe(200)
  })

  it('is over after seven days of silence, and after thirty days whatever happens', async () => {
    const desk = openDesk()
    let { refreshToken } = await desk.setUp()
    for (let day = 6; day <= 24; day += 6) {
      desk.clock.now = START + day * DAY
      refreshToken = tokensOf(await refresh(desk, refreshToken)).refreshToken
    }
    desk.clock.now = START + 30 * DAY - MINUTE
    const last = tokensOf(await refresh(desk, refreshToken))
    // It is not longer good than its session.
    expect((decodeJwt(last.accessToken).exp ?? 0) * 1_000).toBe(START + 30 * DAY)
    desk.clock.now = START + 30 * DAY
    expect((await refresh(desk, last.refreshToken)).status).toBe(401)

    const { refreshToken: idle } = tokensOf(await desk.signIn('root'))
    desk.clock.now += 7 * DAY
    expect((await refresh(desk, idle)).status).toBe(401)
    expect(await desk.store.list('sessions')).toHaveLength(1)
    await desk.accounts.tidy()
    expect(await desk.store.list('sessions')).toEqual([])
  })

  it('that ended are looked for only when one can have: a store that rests is not woken up', async () => {
    const desk = openDesk()
    const list = vi.spyOn(desk.store, 'list')
    const looked = async () => {
      list.mockClear()
      await desk.accounts.tidy()
      return list.mock.calls.length
    }
    expect([await looked(), await looked()]).toEqual([1, 0])
    await desk.setUp()
    expect([await looked(), await looked()]).toEqual([1, 0])
    desk.clock.now += 7 * DAY
    expect([await looked(), (await desk.store.list('sessions')).length]).toEqual([1, 0])
    expect([await looked(), await looked()]).toEqual([1, 0])
  })

  it('keeps fifty sessions of a user; the oldest makes room', async () => {
    const desk = openDesk()
    const first = await desk.setUp()
    for (let index = 0; index < 50; index += 1) {
      desk.clock.now += 1_000
      expect((await desk.signIn('root')).status).toBe(200)
    }
    expect(await desk.accounts.sessions.list()).toHaveLength(50)
    expect((await me(desk, first.accessToken)).status).toBe(401)
  })
})

describe('ending', () => {
  it('a session by signing out ends its tokens at once', async () => {
    const desk = openDesk()
    const { accessToken, refreshToken } = await desk.setUp()
    expect((await desk.ask('DELETE /session', { token: accessToken })).status).toBe(204)
    expect((await me(desk, accessToken)).status).toBe(401)
    expect((await refresh(desk, refreshToken)).status).toBe(401)
  })

  it('is for one’s own sessions, or for admins', async () => {
    const desk = openDesk()
    const { accessToken: root } = await desk.setUp()
    const vera = await desk.join('viewer', 'vera')
    const other = tokensOf(await desk.signIn('vera'))
    const own = await desk.ask('GET /me/sessions', { token: vera.accessToken })
    expect(own.body).toMatchObject({ total: { value: 2 }, items: expect.arrayContaining([expect.objectContaining({ current: true })]) })
    const all = await desk.ask('GET /sessions', { token: root, query: { user: 'root' } })
    const [ofRoot] = all.body['items'] as readonly { readonly id: string }[]
    expect((await desk.ask(`DELETE /me/sessions/${ofRoot?.id}`, { token: vera.accessToken })).status).toBe(404)
    expect((await desk.ask(`DELETE /sessions/${ofRoot?.id}`, { token: vera.accessToken })).status).toBe(403)

    const sid = String(decodeJwt(other.accessToken)['sid'])
    expect((await desk.ask(`DELETE /me/sessions/${sid}`, { token: vera.accessToken })).status).toBe(204)
    expect((await me(desk, other.accessToken)).status).toBe(401)
    expect((await desk.ask(`DELETE /users/${vera.user.id}/sessions`, { token: root })).status).toBe(204)
    expect((await me(desk, vera.accessToken)).status).toBe(401)
    expect((await me(desk, root)).status).toBe(200)
  })

  it('is heard by other replicas when the store tells them', async () => {
    const store = new SharedStore()
    const [here, there] = [openDesk({ store }), openDesk({ store })]
    const { accessToken: root } = await here.setUp()
    const dev = await here.join('developer', 'dev')
    expect((await me(there, dev.accessToken)).status).toBe(200)
    expect(await there.accounts.authenticateUser(dev.accessToken)).toMatchObject({ name: 'user:dev', models: ['*'] })

    await here.ask(`PATCH /users/${dev.user.id}`, { token: root, body: { role: 'viewer' } })
    store.announce()
    expect((await me(there, dev.accessToken)).body).toMatchObject({ role: 'viewer' })
    await expect(there.accounts.authenticateUser(dev.accessToken)).rejects.toMatchObject({ code: 'permission_denied' })

    await here.ask(`DELETE /users/${dev.user.id}`, { token: root })
    store.announce()
    expect((await me(there, dev.accessToken)).status).toBe(401)
  })

  it('does not keep what was read while it happened', async () => {
    const store = new SharedStore()
    const desk = openDesk({ store })
    const { accessToken } = await desk.setUp()
    store.announce()
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const get = store.get.bind(store)
    const { promise: reading, resolve: begun } = Promise.withResolvers<void>()
    // Read before the end of the session, answered after it.
    store.get = async (collection, id) => {
      const found = await get(collection, id)
      if (collection === 'sessions') {
        begun()
        await gate
      }
      return found
    }
    const early = me(desk, accessToken)
    await reading
    store.get = get
    const sid = String(decodeJwt(accessToken)['sid'])
    await desk.accounts.sessions.end(sid, { actor: { kind: 'cli' } })
    open()
    await early
    expect((await me(desk, accessToken)).status).toBe(401)
  })

  it('a user’s being enabled acts at once', async () => {
    const desk = openDesk()
    const { accessToken: root } = await desk.setUp()
    const vera = await desk.join('viewer', 'vera')
    await desk.ask(`PATCH /users/${vera.user.id}`, { token: root, body: { enabled: false } })
    expect((await me(desk, vera.accessToken)).status).toBe(401)
    expect((await refresh(desk, vera.refreshToken)).status).toBe(401)
    await desk.ask(`PATCH /users/${vera.user.id}`, { token: root, body: { enabled: true } })
    // What was open stays closed.
    expect((await refresh(desk, vera.refreshToken)).status).toBe(401)
    expect((await desk.signIn('vera')).status).toBe(200)
  })
})

describe('stepping up', () => {
  it('is asked for ten minutes after the password was said', async () => {
    const desk = openDesk()
    const { accessToken: token } = await desk.setUp()
    const make = (name: string) => desk.ask('POST /users', { token, body: { name, role: 'viewer', password: PASSWORD } })
    expect((await make('one')).status).toBe(201)
    desk.clock.now += 10 * MINUTE
    expect(await make('two')).toMatchObject({ status: 403, body: { code: 'step_up_required' } })
    expect((await desk.ask('POST /session/step-up', { token, body: { password: 'not mine' } })).status).toBe(401)
    const stepped = await desk.ask('POST /session/step-up', { token, body: { password: PASSWORD } })
    expect(stepped).toMatchObject({ status: 200, body: { stepUpUntil: '2026-02-01T08:50:00.000Z' } })
    expect((await make('two')).status).toBe(201)
  })

  it('is limited like every other use of a password', async () => {
    const desk = openDesk()
    const { accessToken: token } = await desk.setUp()
    const statuses = []
    for (let index = 0; index < 11; index += 1)
      statuses.push((await desk.ask('POST /session/step-up', { token, body: { password: 'x' } })).status)
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429])
  })
})

describe('cookies', () => {
  const page = { 'sec-fetch-site': 'same-origin' }
  const cookieOf = (headers: Readonly<Record<string, unknown>>) =>
    [headers['set-cookie'] ?? []]
      .flat()
      .map((line) => String(line).split(';')[0])
      .join('; ')

  it.each([
    [false, /^jairouter_session=.*; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/],
    [true, /^__Host-jairouter=.*; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure$/],
  ])('with TLS: %s carry the session of a browser, and no script sees a token', async (secure, shape) => {
    const desk = openDesk()
    await desk.setUp()
    const signedIn = await desk.ask('POST /session', { body: { name: 'root', password: PASSWORD, cookie: true }, headers: page, secure })
    expect(signedIn.body).not.toHaveProperty('accessToken')
    expect(signedIn.body).not.toHaveProperty('refreshToken')
    expect([signedIn.headers['set-cookie']].flat()[0]).toMatch(shape)
    const cookie = cookieOf(signedIn.headers)
    expect((await desk.ask('GET /me', { headers: { cookie }, secure })).status).toBe(200)
    expect((await desk.ask('GET /me', { headers: { cookie }, secure: !secure })).body).toMatchObject({ code: 'not_signed_in' })
    expect((await desk.ask('GET /bootstrap', { headers: { cookie }, secure })).body).toMatchObject({ state: 'in' })

    desk.clock.now += 20 * MINUTE
    expect((await desk.ask('GET /me', { headers: { cookie }, secure })).body).toMatchObject({ code: 'session_ended' })
    const refreshed = await desk.ask('POST /session/refresh', { body: {}, headers: { cookie, ...page }, secure })
    expect(refreshed).toMatchObject({ status: 200 })
    expect(refreshed.body).not.toHaveProperty('accessToken')
    const next = cookieOf(refreshed.headers)
    expect((await desk.ask('GET /me', { headers: { cookie: next }, secure })).status).toBe(200)
    const out = await desk.ask('DELETE /session', { headers: { cookie: next, ...page, 'x-requested-with': 'console' }, secure })
    expect([out.headers['set-cookie']].flat().map(String)).toEqual([
      expect.stringContaining('Max-Age=0'),
      expect.stringContaining('Max-Age=0'),
    ])
  })

  it('do not change anything for pages of others', async () => {
    const desk = openDesk({ admin: { publicUrl: 'https://ai.example.com' } })
    await desk.setUp()
    const signedIn = await desk.ask('POST /session', { body: { name: 'root', password: PASSWORD, cookie: true }, headers: page })
    const cookie = cookieOf(signedIn.headers)
    const patch = (headers: Record<string, string>) =>
      desk.ask('PATCH /me/preferences', { body: { a: 1 }, headers: { cookie, ...headers } })
    const refused = { status: 403, body: { code: 'origin_not_allowed' } }
    expect(await patch({})).toMatchObject(refused)
    expect(await patch({ 'sec-fetch-site': 'cross-site' })).toMatchObject(refused)
    expect(await patch({ 'sec-fetch-site': 'same-site', origin: 'http://gateway.test' })).toMatchObject(refused)
    expect(await patch({ origin: 'http://evil.test' })).toMatchObject(refused)
    expect(await patch({ origin: 'null' })).toMatchObject(refused)
    expect(await patch({ ...page, 'content-type': 'text/plain' })).toMatchObject(refused)
    expect(await patch({ ...page, 'content-type': 'text/plain', 'x-requested-with': 'console' })).toMatchObject({ status: 200 })
    expect(await patch({ origin: 'http://gateway.test' })).toMatchObject({ status: 200 })
    expect(await patch({ origin: 'https://ai.example.com' })).toMatchObject({ status: 200 })
    expect(await patch(page)).toMatchObject({ status: 200 })
    // Nor do others begin a session in somebody's browser.
    const foreign = { headers: { origin: 'http://evil.test' } }
    expect(await desk.ask('POST /session', { body: { name: 'root', password: PASSWORD, cookie: true }, ...foreign })).toMatchObject(refused)
    expect(await desk.ask('POST /session/refresh', { body: {}, headers: { cookie, origin: 'http://evil.test' } })).toMatchObject(refused)
  })

  it('that are there twice are nobody’s', async () => {
    const desk = openDesk()
    const { accessToken } = await desk.setUp()
    const cookie = `jairouter_session=${accessToken}; jairouter_session=other`
    expect((await desk.ask('GET /me', { headers: { cookie } })).body).toMatchObject({ code: 'not_signed_in' })
  })
})
