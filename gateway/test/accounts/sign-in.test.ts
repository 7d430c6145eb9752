import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { openDesk, PASSWORD, tokensOf } from '../support/account-desk.ts'

describe('signing in', () => {
  it('gives tokens that open what the role may, and nothing more', async () => {
    const desk = openDesk()
    await desk.setUp()
    const { accessToken: token } = await desk.join('viewer', 'Vera')
    const me = await desk.ask('GET /me', { token })
    expect(me).toMatchObject({
      status: 200,
      body: { role: 'viewer', user: { name: 'Vera', by: 'password' }, can: { 'users.read': false, 'config.read': true } },
    })
    expect(await desk.ask('GET /users', { token })).toMatchObject({ status: 403, body: { code: 'permission_denied' } })
    expect(tokensOf(await desk.signIn('vERA')).user.name).toBe('Vera')
  })

  it('answers an unknown name, a wrong password, a disabled user and one without a password alike, at the same work', async () => {
    const desk = openDesk()
    await desk.setUp()
    const origin = { actor: { kind: 'cli' } } as const
    await desk.accounts.users.create({ name: 'off', role: 'viewer', password: PASSWORD, enabled: false }, { origin })
    const oidc = { provider: 'x', issuer: 'https://issuer.test', subject: '1' }
    await desk.accounts.users.create({ name: 'sso', role: 'viewer', oidc }, { origin })

    const answers = []
    for (const [name, password] of [
      ['nobody', PASSWORD],
      ['root', 'a wrong password'],
      ['off', PASSWORD],
      ['sso', PASSWORD],
    ] as const) {
      const before = desk.hashed()
      answers.push({ answer: await desk.signIn(name, password), work: desk.hashed() - before })
    }
    expect(answers[0]).toMatchObject({ answer: { status: 401, body: { code: 'sign_in_failed' } }, work: 1 })
    for (const other of answers) expect(other).toEqual(answers[0])
  })

  it('shuts the door to a name after ten failed tries, for twice as long each time, and tells for how long', async () => {
    const desk = openDesk()
    await desk.setUp()
    const elsewhere = (index: number) => ({ address: `198.51.100.${index}` })
    for (let index = 0; index < 10; index += 1) expect((await desk.signIn('victim', 'x', elsewhere(index))).status).toBe(401)
    const before = desk.hashed()
    expect(await desk.signIn('victim', 'x', elsewhere(99))).toMatchObject({
      status: 429,
      body: { code: 'too_many_tries' },
      headers: { 'retry-after': '60' },
    })
    expect(desk.hashed()).toBe(before)
    desk.clock.now += 60_000
    for (let index = 0; index < 10; index += 1) expect((await desk.signIn('victim', 'x', elsewhere(index + 10))).status).toBe(401)
    expect((await desk.signIn('victim', 'x', elsewhere(98))).headers).toMatchObject({ 'retry-after': '120' })
  })

  it('does not let who guesses at a name keep its owner out of where the owner has been before', async () => {
    const desk = openDesk()
    await desk.setUp()
    expect((await desk.signIn('root', PASSWORD, { address: '203.0.113.5' })).status).toBe(200)
    for (let index = 0; index < 11; index += 1) await desk.signIn('root', 'x', { address: `198.51.100.${index}` })
    expect((await desk.signIn('root', PASSWORD, { address: '198.51.100.77' })).status).toBe(429)
    expect((await desk.signIn('root', PASSWORD, { address: '203.0.113.5' })).status).toBe(200)
  })

  it('nor where the owner still has a session, after a restart', async () => {
    const store = new MemoryStore()
    const before = openDesk({ store })
    await before.setUp()
    expect((await before.signIn('root', PASSWORD, { address: '203.0.113.5' })).status).toBe(200)
    const desk = openDesk({ store })
    for (let index = 0; index < 11; index += 1) await desk.signIn('root', 'x', { address: `198.51.100.${index}` })
    expect((await desk.signIn('root', PASSWORD, { address: '198.51.100.77' })).status).toBe(429)
    expect((await desk.signIn('root', PASSWORD, { address: '203.0.113.6' })).status).toBe(429)
    expect((await desk.signIn('root', PASSWORD, { address: '203.0.113.5' })).status).toBe(200)
  })

  it('counts tries of one address over all names, and all of a /64 as one', async () => {
    const desk = openDesk()
    await desk.setUp()
    const tries = Array.from({ length: 12 }, (_, index) => desk.signIn(`name${index}`, 'x', { address: `2001:db8::${index + 1}` }))
    const statuses = (await Promise.all(tries)).map(({ status }) => status).sort()
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429])
    expect((await desk.signIn('root', PASSWORD, { address: '2001:db8::ffff' })).status).toBe(429)
    expect((await desk.signIn('root', PASSWORD, { address: '2001:db8:0:1::1' })).status).toBe(200)
  })

  it('forgets failed tries of a name when it signs in', async () => {
    const desk = openDesk()
    await desk.setUp()
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 6; index += 1)
        expect((await desk.signIn('root', 'x', { address: `198.51.100.${round * 10 + index}` })).status).toBe(401)
      expect((await desk.signIn('root')).status).toBe(200)
    }
  })

  it('audits failed tries once a minute, with their number, and never a name that is nobody’s', async () => {
    const desk = openDesk()
    await desk.setUp()
    const canary = 'my-secret-typed-as-a-name'
    await desk.signIn('root', 'x')
    for (let index = 0; index < 5; index += 1) await desk.signIn(canary, 'x')
    const failed = async () => (await desk.audit()).filter(({ body }) => body['code'] === 'sign_in_failed').map(({ body }) => body)
    expect(await failed()).toMatchObject([{ action: 'session.login', result: 'refused', address: '192.0.2.1', target: 'users/root' }])
    desk.clock.now += 60_000
    await desk.accounts.tidy()
    expect(await failed()).toMatchObject([{}, { message: '5 more sign-ins failed within a minute' }])
    expect(JSON.stringify(await desk.audit())).not.toContain(canary)
  })

  it('hashes a password again, at its next use, when hashing is to cost more than it did', async () => {
    const before = openDesk()
    await before.setUp()
    const dear = { m: 20_000, t: 3, p: 1 }
    const after = openDesk({ store: before.store, cost: dear })
    const hashOf = async () => (await after.accounts.users.byName('root'))?.body.password
    expect(await hashOf()).toContain('m=19456,t=2')
    const { accessToken: token } = tokensOf(await after.signIn('root'))
    expect(await hashOf()).toContain('m=20000,t=3')
    expect((await after.ask('GET /me', { token })).status).toBe(200)
    const work = after.hashed()
    expect((await after.signIn('root')).status).toBe(200)
    expect(after.hashed()).toBe(work + 1)
  })

  it('checks few passwords at a time, and turns away whom it has no room for', async () => {
    let running = 0
    let most = 0
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const desk = openDesk({
      async derive(_password, _salt, _cost, length) {
        running += 1
        most = Math.max(most, running)
        await gate
        running -= 1
        return new Uint8Array(length)
      },
    })
    const tries = Array.from({ length: 70 }, (_, index) => desk.signIn(`name${index}`, 'x', { address: `198.51.${index}.1` }))
    const refused = await Promise.race(tries)
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '2' } })
    open()
    const statuses = (await Promise.all(tries)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(66)
    expect(statuses.filter((status) => status === 429)).toHaveLength(4)
    expect(most).toBe(2)
  })
})

describe('the password itself', () => {
  it('is changed by who knows the old one, which ends the other sessions', async () => {
    const desk = openDesk()
    await desk.setUp()
    const here = await desk.join('viewer', 'vera')
    const there = tokensOf(await desk.signIn('vera'))
    const change = (oldPassword: string, password: string) =>
      desk.ask('POST /me/password', { token: here.accessToken, body: { oldPassword, password } })
    expect(await change('not the old one', 'a new one of mine')).toMatchObject({ status: 401, body: { code: 'sign_in_failed' } })
    expect(await change(PASSWORD, 'short')).toMatchObject({
      status: 400,
      body: { details: [{ pointer: '/password', code: 'weak_password' }] },
    })
    expect((await change(PASSWORD, 'a new one of mine')).status).toBe(204)
    expect((await desk.ask('GET /me', { token: here.accessToken })).status).toBe(200)
    expect(await desk.ask('GET /me', { token: there.accessToken })).toMatchObject({ status: 401, body: { code: 'session_ended' } })
    expect((await desk.signIn('vera')).status).toBe(401)
    expect((await desk.signIn('vera', 'a new one of mine')).status).toBe(200)
  })

  it('is changed before anything else by whom somebody else gave one', async () => {
    const desk = openDesk()
    const { accessToken: root } = await desk.setUp()
    const made = await desk.ask('POST /users', { token: root, body: { name: 'ada', role: 'admin', password: PASSWORD } })
    expect(made).toMatchObject({ status: 201, body: { mustChangePassword: true } })
    const { accessToken: token } = tokensOf(await desk.signIn('ada'))
    expect(await desk.ask('GET /users', { token })).toMatchObject({ status: 403, body: { code: 'password_change_required' } })
    expect(await desk.accounts.authenticateUser(token)).toBeUndefined()
    expect((await desk.ask('POST /me/password', { token, body: { oldPassword: PASSWORD, password: 'a new one of mine' } })).status).toBe(
      204,
    )
    expect((await desk.ask('GET /users', { token })).status).toBe(200)
  })

  it('stands in no answer, audit row or error', async () => {
    const desk = openDesk()
    const { accessToken: token } = await desk.setUp()
    const canary = 'canary-Password-93512'
    const answers = [
      await desk.ask('POST /users', { token, body: { name: 'ada', role: 'viewer', password: canary, mustChangePassword: false } }),
      await desk.ask('GET /users', { token }),
      await desk.signIn('ada', canary),
      await desk.signIn('ada', `${canary}!`),
      await desk.ask('GET /sessions', { token }),
    ]
    const seen = JSON.stringify([answers.map(({ body }) => body), await desk.audit()])
    expect(seen).not.toContain(canary)
    expect(seen).not.toContain('argon2id')
    const [, , signedIn] = answers
    const kept = JSON.stringify([await desk.store.list('users'), await desk.store.list('sessions'), await desk.audit()])
    for (const secret of [canary, signedIn?.body['refreshToken'], signedIn?.body['accessToken']]) expect(kept).not.toContain(secret)
  })
})
