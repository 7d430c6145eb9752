import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../src/store/open-store.ts'
import { openSecretBox } from '../../src/store/secrets/secret-box.ts'
import type { StoreAddress } from '../store/kill-rounds.ts'
import { startPostgres, type PostgresServer } from '../store/postgres-server.ts'
import { chat } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryDirectory } from '../support/run-cli.ts'
import { startControlled, type Controlled } from '../support/start-controlled.ts'
import { countOf } from '../support/start-fleet.ts'

let server: PostgresServer | undefined
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server?.stop())

async function addressOf(type: StoreAddress['type']): Promise<StoreAddress> {
  const path = await temporaryDirectory()
  return type === 'postgres' ? { type, path, url: (await server?.createPlace()) ?? '' } : { type, path }
}

/** Two gateways over one store, with the same key for its secrets. */
async function startTwo(type: StoreAddress['type']): Promise<readonly [Controlled, Controlled]> {
  const address = await addressOf(type)
  const box = await openSecretBox({ env: {}, path: address.path })
  const open = async () => ({ store: await openStore(address, { now: Date.now }), box })
  const one = await startControlled(
    { a: {}, b: {} },
    { auth: { mode: 'required' }, models: [{ name: 'm', targets: [{ backend: 'a', model: 'sim-chat' }] }] },
    await open(),
  )
  return [one, await startControlled({}, {}, await open())]
}

/** A store tells of changes within a second; a busy machine may be later, but not by much more than it takes to look. */
const SOON_MS = 5_000

describe.each(['sqlite', 'postgres'] as const)('two gateways over one %s', (type) => {
  it('put in force what the other has changed: config, keys, users and sessions', async () => {
    const [one, other] = await startTwo(type)
    expect((await one.api('PATCH', '/models/m', { targets: [{ backend: 'b', model: 'sim-chat' }] })).status).toBe(200)
    const { json } = await one.api('POST', '/keys', { name: 'app' })
    const headers = { authorization: `Bearer ${String(json['key'])}` }
    await eventually(async () => {
      const { status, backend } = await chat(other.url, { model: 'm' }, { headers })
      expect([status, backend]).toEqual([200, 'b'])
    }, SOON_MS)
    expect((await other.api('DELETE', `/keys/${String(json['id'])}`)).status).toBe(204)
    await eventually(async () => expect((await chat(one.url, { model: 'm' }, { headers })).status).toBe(401), SOON_MS)

    const viewer = await other.userOf('viewer')
    await eventually(async () => expect((await one.api('GET', '/overview', undefined, { as: viewer })).status).toBe(200), SOON_MS)
    const { items } = (await one.api('GET', '/sessions')).json as { items?: readonly { id: string; user?: { name?: string } }[] }
    expect(items?.length).toBeGreaterThanOrEqual(3)
    expect((await one.api('DELETE', '/me/sessions/none')).status).toBe(404)
  })

  it('lose no update: of two at the same moment each is there, or one is told', async () => {
    const [one, other] = await startTwo(type)
    const { etag } = await one.api('GET', '/backends/a')
    const headers = { 'if-match': `"${etag}"` }
    const conditional = await Promise.all([
      one.api('PATCH', '/backends/a', { weight: 2 }, { headers }),
      other.api('PATCH', '/backends/a', { weight: 3 }, { headers }),
    ])
    expect(countOf(conditional.map(({ status }) => String(status)))).toEqual({ 200: 1, 412: 1 })
    const weight = conditional[0].status === 200 ? 2 : 3
    expect((await one.api('GET', '/config')).status).toBe(200)

    // Without a condition each is made to what the other has left, or refused as a conflict, and asked for again.
    const fields = ['weight', 'priority', 'maxConcurrency', 'keepAlive'] as const
    const values = { weight: 7, priority: 2, maxConcurrency: 9, keepAlive: false }
    const answers = await Promise.all(
      fields.map(async (field, index) => {
        const gateway = index % 2 === 0 ? one : other
        for (;;) {
          const { status, code } = await gateway.api('PATCH', '/backends/a', { [field]: values[field] })
          if (status !== 409) return `${status} ${code}`
        }
      }),
    )
    expect(answers).toEqual(fields.map(() => '200 '))
    for (const gateway of [one, other])
      await eventually(async () => expect((await gateway.api('GET', '/backends/a')).json).toMatchObject(values), SOON_MS)
    expect([2, 3]).toContain(weight)
    const { json } = await one.api('GET', '/config/versions')
    expect((json['items'] as readonly object[]).length).toBe(6)
  })
})
