import { describe, expect, it } from 'vitest'
import { openDesk, PASSWORD, SharedStore, type Desk } from '../support/account-desk.ts'

const setUp = (desk: Desk, token: string, name = 'root', address = '192.0.2.1') =>
  desk.ask('POST /setup', { body: { token, name, password: PASSWORD }, address })

async function begin(desk: Desk): Promise<string> {
  const started = await desk.accounts.setup.begin(undefined)
  return started.state === 'setup' ? started.token : `not in setup: ${started.state}`
}

describe('setup', () => {
  it('makes the first admin, once, by the token of this start', async () => {
    const desk = openDesk()
    const old = await begin(desk)
    const token = await begin(desk)
    expect((await desk.ask('GET /bootstrap')).body).toEqual({
      product: 'JAiRouter',
      version: '0.0.0',
      state: 'setup',
      methods: ['password'],
      demo: false,
    })
    expect(await setUp(desk, old)).toMatchObject({ status: 401, body: { code: 'sign_in_failed' } })
    const made = await setUp(desk, token)
    expect(made).toMatchObject({ status: 201, body: { user: { name: 'root', role: 'admin' } } })
    expect((await desk.ask('GET /me', { token: String(made.body['accessToken']) })).body).toMatchObject({ role: 'admin' })
    expect((await desk.ask('GET /bootstrap')).body).toMatchObject({ state: 'signin' })
    expect(await setUp(desk, token, 'other')).toMatchObject({ status: 409, body: { code: 'setup_done' } })
    expect(await desk.accounts.setup.begin(undefined)).toEqual({ state: 'ready' })
    expect((await desk.audit()).map(({ body }) => body)).toContainEqual(
      expect.objectContaining({ action: 'setup', target: 'users/root', by: 'system' }),
    )
  })

  it('keeps no token that could be used', async () => {
    const desk = openDesk()
    const token = await begin(desk)
    expect(JSON.stringify(await desk.store.list('settings'))).not.toContain(token)
  })

  it('makes one admin of two who come at the same time, on one replica or on two', async () => {
    const store = new SharedStore()
    const [one, two] = [openDesk({ store }), openDesk({ store })]
    const token = await begin(one)
    const answers = await Promise.all([setUp(one, token, 'a'), setUp(two, token, 'b'), setUp(one, token, 'c')])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
    expect(await one.accounts.users.list()).toHaveLength(1)
  })

  it('refuses a weak password, and the token is good still', async () => {
    const desk = openDesk()
    const token = await begin(desk)
    const weak = await desk.ask('POST /setup', { body: { token, name: 'root', password: 'changeme-123' } })
    expect(weak).toMatchObject({ status: 400, body: { details: [{ pointer: '/password', code: 'weak_password' }] } })
    expect((await setUp(desk, token)).status).toBe(201)
  })

  it('lets nobody guess for long', async () => {
    const desk = openDesk()
    const token = await begin(desk)
    for (let index = 0; index < 10; index += 1) expect((await setUp(desk, `guess${index}`)).status).toBe(401)
    expect((await setUp(desk, token)).status).toBe(429)
    expect((await setUp(desk, token, 'root', '203.0.113.9')).status).toBe(201)
  })
})

describe('an admin from the environment', () => {
  it('is made when there is none, and left alone later', async () => {
    const desk = openDesk()
    expect(await desk.accounts.setup.begin({ name: 'admin', password: PASSWORD })).toEqual({ state: 'created', name: 'admin' })
    expect((await desk.signIn('admin')).status).toBe(200)
    expect(await desk.accounts.setup.begin({ name: 'admin', password: 'another of that kind' })).toEqual({ state: 'ready' })
    expect((await desk.signIn('admin')).status).toBe(200)
  })

  it('is not made with a weak password', async () => {
    const desk = openDesk()
    const weak = desk.accounts.setup.begin({ name: 'admin', password: 'admin' })
    await expect(weak).rejects.toMatchObject({ code: 'invalid_request', message: 'The password expected at least 12 characters' })
    expect(await desk.accounts.users.list()).toEqual([])
  })

  it('is made by one of two replicas', async () => {
    const store = new SharedStore()
    const given = { name: 'admin', password: PASSWORD }
    const states = await Promise.all([openDesk({ store }), openDesk({ store })].map((desk) => desk.accounts.setup.begin(given)))
    expect(states.map(({ state }) => state).sort()).toEqual(['created', 'ready'])
  })
})
