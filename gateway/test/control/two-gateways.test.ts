import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, messages } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { ADMIN, startJoined, type Joined } from '../support/start-joined.ts'
import { startSimulatorForTest } from '../support/start-pair.ts'
import { startPostgres, type PostgresServer } from '../store/postgres-server.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.stop(), 60_000)

const KEY = Buffer.alloc(32, 9).toString('base64')

/** Two gateways over one PostgreSQL, before one simulated model server. */
async function startTwo(): Promise<readonly [Joined, Joined]> {
  const url = await server.createPlace()
  const simulator = await startSimulatorForTest({ name: 'only' })
  const backend = { id: 'only', type: 'openai-compatible', url: simulator.url, models: ['sim-chat'], health: { enabled: false } }
  const config = { auth: { mode: 'required' as const }, store: { type: 'postgres' as const, url }, backends: [backend] }
  const env = { JAIROUTER_SECRET_KEY: KEY }
  const one = await startJoined({ config, env })
  return [one, await startJoined({ config, env })]
}

const chat = async ({ url }: Joined, token: string) =>
  (await ask(`${url}/v1/chat/completions`, { body: { model: 'sim-chat', messages }, headers: { authorization: `Bearer ${token}` } })).status

/**
 * That something is so on the other gateway. It takes milliseconds, a machine that is not busy given: by NOTIFY, as no
 * gateway asks again and again.
 */
const reaches = (check: () => Promise<unknown> | unknown) => eventually(check, 10_000)

it('what is changed at one gateway reaches the other', async () => {
  const [one, other] = await startTwo()
  const { id, key } = await one.fields('/keys', { body: { name: 'app' } })
  await reaches(async () => expect(await chat(other, String(key))).toBe(200))
  expect(await chat(one, String(key))).toBe(200)

  const { id: block } = await other.fields('/blocks', { body: { kind: 'key', value: String(id), reason: 'x' } })
  await reaches(async () => expect(await chat(one, String(key))).toBe(403))
  expect((await other.api(`/blocks/${String(block)}`, { method: 'DELETE' })).status).toBe(204)
  await reaches(async () => expect(await chat(one, String(key))).toBe(200))

  await one.fields('/settings/log', { method: 'PATCH', body: { level: 'warn' } })
  await one.fields('/models', { body: { name: 'smart', targets: [{ backend: 'only', model: 'sim-chat' }] } })
  const { number } = one.desk.state.version
  await reaches(() => {
    expect(other.desk.state.version.number).toBe(number)
    expect(other.gateway.snapshot.routes.get('chat')?.has('smart')).toBe(true)
  })
  // And on from there: the other one's change is not lost either.
  await other.fields('/models/smart', { method: 'PATCH', body: { aliases: ['clever'] } })
  await reaches(() => expect(one.gateway.snapshot.routes.get('chat')?.has('clever')).toBe(true))

  const person = await one.userOf('developer', 'ada')
  await reaches(async () => expect(await chat(other, person.token)).toBe(200))
  expect((await other.api('/session', { method: 'DELETE', as: person.token })).status).toBeLessThan(300)
  await reaches(async () => expect(await chat(one, person.token)).toBe(401))
  const again = await other.signIn('ada', 'the password of ada')
  expect(await chat(one, again)).toBe(200)
  await one.fields(`/users/${person.id}`, { method: 'PATCH', body: { enabled: false } })
  await reaches(async () => expect(await chat(other, again)).toBe(401))

  expect((await one.api(`/keys/${String(id)}`, { method: 'DELETE' })).status).toBe(204)
  await reaches(async () => expect(await chat(other, String(key))).toBe(401))
}, 60_000)

it('both spend of one budget, and together no more than it has', async () => {
  const [one, other] = await startTwo()
  const { key } = await one.fields('/keys', { body: { name: 'app' } })
  await one.fields('/budgets', { body: { id: 'few', scope: 'all', unit: 'requests', amount: 20, period: 'month' } })
  await reaches(async () => expect((await other.api('/budgets/few')).status).toBe(200))
  await reaches(async () => expect(await chat(other, String(key))).toBe(200))
  let answered = 1
  for (let round = 0; round < 20; round += 1)
    for (const gateway of [one, other]) {
      if ((await chat(gateway, String(key))) === 200) answered += 1
      // What the other has claimed is to be known before the next one is asked.
      await reaches(async () => {
        const spent = await Promise.all([one, other].map(async (each) => Number((await each.fields('/budgets/few'))['spent'])))
        expect(Math.min(...spent)).toBeGreaterThanOrEqual(answered)
      })
    }
  expect(answered).toBeLessThanOrEqual(20)
  // Each may have claimed one ahead that it will not spend.
  expect(answered).toBeGreaterThanOrEqual(18)
  expect(await chat(one, String(key))).toBe(429)
  expect(await chat(other, String(key))).toBe(429)
}, 60_000)

it('there is one admin, whichever was started first', async () => {
  const [one, other] = await startTwo()
  expect([one.setup.state, other.setup.state]).toEqual(['created', 'ready'])
  const token = await other.signIn(ADMIN.name, ADMIN.password)
  expect((await one.api('/me', { as: token })).status).toBe(200)
}, 60_000)
