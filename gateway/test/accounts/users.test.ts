import { PERMISSIONS, ROLES } from '@jairouter/contract/management/roles'
import { describe, expect, it } from 'vitest'
import { openDesk, PASSWORD, SharedStore, type Desk } from '../support/account-desk.ts'

const user = (name: string, more: object = {}) => ({ name, role: 'viewer', password: PASSWORD, mustChangePassword: false, ...more })

async function opened(): Promise<Desk & { readonly token: string; readonly rootId: string }> {
  const desk = openDesk()
  const { accessToken: token, user: root } = await desk.setUp()
  return { ...desk, token, rootId: root.id }
}

describe('users', () => {
  it('are made, read, changed and deleted, each with its audit entry', async () => {
    const { ask, token, audit } = await opened()
    const made = await ask('POST /users', { token, body: user('ada', { email: 'ada@example.com', team: 'infra' }) })
    expect(made).toMatchObject({ status: 201, body: { name: 'ada', displayName: 'ada', role: 'viewer', enabled: true, team: 'infra' } })
    const id = String(made.body['id'])
    const read = await ask(`GET /users/${id}`, { token })
    expect(read.etag).toBe(made.etag)
    const changed = await ask(`PATCH /users/${id}`, { token, body: { displayName: 'Ada', team: null, role: 'operator' } })
    expect(changed.body).toMatchObject({ displayName: 'Ada', role: 'operator', email: 'ada@example.com' })
    expect(changed.body).not.toHaveProperty('team')
    expect(changed.etag).not.toBe(made.etag)
    expect((await ask(`DELETE /users/${id}`, { token })).status).toBe(204)
    expect((await ask(`GET /users/${id}`, { token })).status).toBe(404)
    const entries = (await audit()).slice(-3).map(({ body }) => body)
    expect(entries).toMatchObject([
      { action: 'user.create', by: 'root', after: { name: 'ada' }, address: '192.0.2.1' },
      { action: 'user.update', before: { role: 'viewer', team: 'infra' }, after: { role: 'operator' } },
      { action: 'user.delete', target: 'users/ada', before: { name: 'ada' } },
    ])
  })

  it('have each name once, whatever its case, also when two are made at the same time', async () => {
    const { ask, token, accounts } = await opened()
    const answers = await Promise.all(['Ada', 'ADA', 'ada'].map((name) => ask('POST /users', { token, body: user(name) })))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'already_exists', details: [{ pointer: '/name' }] })
    const other = await ask('POST /users', { token, body: user('bob') })
    expect((await ask(`PATCH /users/${other.body['id']}`, { token, body: { name: 'aDa' } })).status).toBe(409)
    expect((await ask(`PATCH /users/${other.body['id']}`, { token, body: { name: 'BOB' } })).body).toMatchObject({ name: 'BOB' })
    expect((await ask(`PATCH /users/${other.body['id']}`, { token, body: { name: 'rob' } })).status).toBe(200)
    expect((await ask('POST /users', { token, body: user('bob') })).status).toBe(201)
    expect(await accounts.users.byName('ROB')).toMatchObject({ id: other.body['id'] })
  })

  it('are changed only as they were read, where If-Match says so', async () => {
    const { ask, token } = await opened()
    const { body, etag } = await ask('POST /users', { token, body: user('ada') })
    const patch = (ifMatch: string | undefined) =>
      ask(`PATCH /users/${body['id']}`, { token, body: { displayName: `x${ifMatch}` }, ifMatch })
    const [one, two] = await Promise.all([patch(etag), patch(etag)])
    expect([one.status, two.status].sort()).toEqual([200, 412])
    expect((await patch('nonsense')).body).toMatchObject({ code: 'precondition_failed' })
    expect((await ask(`DELETE /users/${body['id']}`, { token, ifMatch: etag })).status).toBe(412)
    expect((await patch(undefined)).status).toBe(200)
  })

  it('keep changes that others make at the same time to other fields', async () => {
    const { ask, token } = await opened()
    const { body } = await ask('POST /users', { token, body: user('ada') })
    await Promise.all([
      ask(`PATCH /users/${body['id']}`, { token, body: { displayName: 'Ada' } }),
      ask(`PATCH /users/${body['id']}`, { token, body: { team: 'infra' } }),
      ask(`PATCH /users/${body['id']}`, { token, body: { role: 'developer' } }),
    ])
    expect((await ask(`GET /users/${body['id']}`, { token })).body).toMatchObject({ displayName: 'Ada', team: 'infra', role: 'developer' })
  })

  it('always have an enabled admin among them, whatever is tried, also at the same time on two replicas', async () => {
    const store = new SharedStore()
    const [here, there] = [openDesk({ store }), openDesk({ store })]
    const { accessToken: token, user: root } = await here.setUp()
    const refused = { status: 409, body: { code: 'in_use' } }
    expect(await here.ask(`PATCH /users/${root.id}`, { token, body: { role: 'viewer' } })).toMatchObject(refused)
    expect(await here.ask(`PATCH /users/${root.id}`, { token, body: { enabled: false } })).toMatchObject(refused)
    expect(await here.ask(`DELETE /users/${root.id}`, { token })).toMatchObject(refused)
    expect(await here.ask(`DELETE /users/${root.id}`, { token, dryRun: true })).toMatchObject(refused)

    const second = await here.join('admin', 'second')
    const off = await here.ask('POST /users', { token, body: user('off', { role: 'admin', enabled: false }) })
    expect(off.status).toBe(201)
    const origin = { actor: { kind: 'cli' } } as const
    const results = await Promise.allSettled([
      here.accounts.users.update(second.user.id, { role: 'viewer' }, { origin }),
      there.accounts.users.update(root.id, { enabled: false }, { origin }),
    ])
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
    expect(reasons).toMatchObject([{ code: 'in_use' }])
    expect((await here.accounts.users.list()).filter(({ body }) => body.enabled && body.role === 'admin')).toHaveLength(1)
  })

  it('are only looked at in a dry run', async () => {
    const { ask, token, accounts, audit, rootId } = await opened()
    const before = (await audit()).length
    expect(await ask('POST /users', { token, body: user('ada'), dryRun: true })).toMatchObject({ status: 200, body: { name: 'ada' } })
    expect((await ask('POST /users', { token, body: user('ROOT'), dryRun: true })).status).toBe(409)
    expect((await ask(`PATCH /users/${rootId}`, { token, body: { displayName: 'R' }, dryRun: true })).body).toMatchObject({
      displayName: 'R',
    })
    expect(await accounts.users.list()).toMatchObject([{ body: { displayName: 'root' } }])
    expect(await audit()).toHaveLength(before)
  })

  it('are listed by what is asked for', async () => {
    const { ask, token } = await opened()
    for (const name of ['b', 'a', 'c'])
      await ask('POST /users', { token, body: user(name, { role: name === 'b' ? 'developer' : 'viewer' }) })
    const names = async (query: Record<string, unknown>) =>
      ((await ask('GET /users', { token, query })).body['items'] as readonly { readonly name: string }[]).map(({ name }) => name)
    expect(await names({})).toEqual(['a', 'b', 'c', 'root'])
    expect(await names({ sort: '-name', role: 'viewer' })).toEqual(['c', 'a'])
    const { body } = await ask('GET /users', { token, query: { limit: 3 } })
    expect(body).toMatchObject({ total: { value: 4, exact: true } })
    expect(await names({ limit: 3, cursor: body['next'] })).toEqual(['root'])
    expect((await ask('GET /users', { token, query: { sort: 'password' } })).body).toMatchObject({ code: 'invalid_query' })
  })
})

describe('me', () => {
  it('says for every permission whether the role has it', async () => {
    const desk = openDesk()
    await desk.setUp()
    for (const role of ROLES) {
      const { accessToken: token } = await desk.join(role, `the-${role}`)
      const { body } = await desk.ask('GET /me', { token })
      expect(Object.keys(body['can'] ?? {})).toEqual(Object.keys(PERMISSIONS))
      for (const [permission, roles] of Object.entries(PERMISSIONS)) {
        expect(Reflect.get(Object(body['can']), permission)).toBe(roles.some((other) => other === role))
      }
      expect(body).toMatchObject({ role, configVersion: 3, managed: 'api', session: { stepUpUntil: '2026-02-01T08:40:00.000Z' } })
    }
  })

  it('keeps preferences, merged, up to their bound', async () => {
    const { ask, token, audit } = await opened()
    const patch = (body: object) => ask('PATCH /me/preferences', { token, body })
    await patch({ zone: 'UTC', table: { columns: ['a'] } })
    expect((await patch({ zone: null, table: { sort: 'a' } })).body).toEqual({ table: { columns: ['a'], sort: 'a' } })
    expect(await patch({ big: 'ü'.repeat(9_000) })).toMatchObject({ status: 413, body: { code: 'request_too_large' } })
    await Promise.all([patch({ one: 1 }), patch({ two: 2 })])
    expect((await ask('GET /me', { token })).body['preferences']).toMatchObject({ one: 1, two: 2 })
    expect(JSON.stringify(await audit())).not.toContain('columns')
  })
})

describe('the table of routes and roles', () => {
  it('holds for every route of accounts', async () => {
    const desk = openDesk()
    await desk.setUp()
    for (const role of ROLES) {
      const { accessToken: token } = await desk.join(role, `the-${role}`)
      for (const { method, path, permission } of desk.routes) {
        if (permission === 'public' || path === '/session') continue
        const { status, body } = await desk
          .ask(`${method} ${path.replace(':id', 'nobody')}`, { token, ...(method === 'GET' ? {} : { body: undefined }) })
          .catch(
            // Its body is missing: it was let in.
            () => ({ status: 400, body: {} }),
          )
        const allowed = PERMISSIONS[permission].some((other) => other === role)
        expect({ role, method, path, refused: status === 403 && 'code' in body && body['code'] === 'permission_denied' }).toEqual({
          role,
          method,
          path,
          refused: !allowed,
        })
      }
    }
  })

  it('lets no key, no other token and nobody in', async () => {
    const desk = openDesk()
    await desk.setUp()
    for (const { method, path, permission } of desk.routes) {
      if (permission === 'public') continue
      const what = `${method} ${path.replace(':id', 'nobody')}`
      expect((await desk.ask(what)).body).toMatchObject({ code: 'not_signed_in' })
      for (const headers of [
        { authorization: 'Bearer jr-0123456789' },
        { 'x-api-key': 'jr-0123456789' },
        { 'api-key': 'x' },
        { authorization: 'Basic eDp5' },
      ]) {
        expect(await desk.ask(what, { headers })).toMatchObject({ status: 403, body: { code: 'key_not_accepted' } })
      }
    }
  })

  it('names an example for each, which its own schemas take', () => {
    for (const { method, path, example, body, answers } of openDesk().routes) {
      if (body !== undefined) expect(() => body.parse(example?.request), `${method} ${path}`).not.toThrow()
      const schema = Object.values(answers)[0]?.schema
      if (schema !== undefined) expect(() => schema.parse(example?.answer), `${method} ${path}`).not.toThrow()
    }
  })
})

describe('a token', () => {
  it('is taken as Bearer, or as the gateway in Java took it', async () => {
    const { ask, token } = await opened()
    expect((await ask('GET /me', { headers: { authorization: `bearer  ${token}` } })).status).toBe(200)
    expect((await ask('GET /me', { headers: { jairouter_token: token } })).status).toBe(200)
    expect((await ask('GET /me', { headers: { authorization: `Bearer ${'x'.repeat(1_000_000)}` } })).status).toBe(403)
  })

  it('opens the model APIs to those whose role has them', async () => {
    const desk = openDesk()
    await desk.setUp()
    const record = async (role: (typeof ROLES)[number]) =>
      desk.accounts.authenticateUser((await desk.join(role, `the-${role}`)).accessToken)
    await expect(record('viewer')).rejects.toMatchObject({ code: 'permission_denied' })
    expect(await record('developer')).toEqual({
      id: expect.stringMatching(/^user:[0-9a-f]{20}$/),
      sessionId: expect.stringMatching(/^[0-9a-f]{20}~[0-9a-f]{20}$/),
      name: 'user:the-developer',
      owner: 'the-developer',
      ownerId: expect.any(String),
      role: 'developer',
      models: ['*'],
      limits: [],
      priority: 'default',
      enabled: true,
    })
  })
})
