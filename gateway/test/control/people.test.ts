import { describe, expect, it } from 'vitest'
import { ask, messages } from '../support/ask.ts'
import { startJoined, type Joined } from '../support/start-joined.ts'
import { startSimulatorForTest } from '../support/start-pair.ts'

async function start(): Promise<Joined> {
  const { url } = await startSimulatorForTest({ name: 'only' })
  const backend = { id: 'only', type: 'openai-compatible', url, models: ['sim-chat'], health: { enabled: false } }
  return startJoined({
    config: { auth: { mode: 'required', keys: [{ name: 'of-ada', key: 'a-key-that-is-adas', owner: 'ada' }] }, backends: [backend] },
  })
}

const chat = ({ url }: Joined, token: string, headers: Record<string, string> = {}) =>
  ask(`${url}/v1/chat/completions`, { body: { model: 'sim-chat', messages }, headers: { authorization: `Bearer ${token}`, ...headers } })

const block = (joined: Joined, kind: string, value: string) => joined.fields('/blocks', { body: { kind, value, reason: 'for a test' } })

describe('a block', () => {
  it('of a session holds on the model APIs too, for that session alone', async () => {
    const joined = await start()
    const ada = await joined.userOf('developer', 'ada')
    const again = await joined.signIn('ada', 'the password of ada')
    expect([(await chat(joined, ada.token)).status, (await chat(joined, again)).status]).toEqual([200, 200])
    const { items } = await joined.fields('/me/sessions', { as: ada.token })
    const current = (items as { id: string; current: boolean }[]).find((session) => session.current)?.id ?? ''
    const { id } = await block(joined, 'session', current)
    expect(await chat(joined, ada.token)).toMatchObject({ status: 403, code: 'blocked' })
    expect((await joined.api('/me', { as: ada.token })).status).toBe(403)
    expect((await chat(joined, again)).status).toBe(200)
    await joined.api(`/blocks/${String(id)}`, { method: 'DELETE' })
    expect((await chat(joined, ada.token)).status).toBe(200)
  })

  it.each(['id', 'name'] as const)('of a user by %s holds for tokens, for keys that are theirs, and for the management API', async (by) => {
    const joined = await start()
    const ada = await joined.userOf('developer', 'ada')
    const bob = await joined.userOf('developer', 'bob')
    expect((await chat(joined, 'a-key-that-is-adas')).status).toBe(200)
    expect(await block(joined, 'user', ada[by])).toMatchObject({ value: ada[by], user: { id: ada.id, name: 'ada' } })
    for (const token of [ada.token, 'a-key-that-is-adas']) expect(await chat(joined, token)).toMatchObject({ status: 403, code: 'blocked' })
    expect((await joined.api('/me', { as: ada.token })).status).toBe(403)
    expect((await chat(joined, bob.token)).status).toBe(200)
  })
})

it('the overview tells how many sessions there are', async () => {
  const joined = await start()
  await joined.userOf('developer', 'ada')
  expect(await joined.fields('/overview')).toMatchObject({ sessions: 2 })
})

it('x-jairouter-explain is answered to admins and operators with their tokens, and to nobody else', async () => {
  const joined = await start()
  const ADMIN_TOKEN = await joined.signIn('admin', 'a long enough password')
  const operator = await joined.userOf('operator')
  const developer = await joined.userOf('developer')
  const decision = async (token: string, headers: Record<string, string> = { 'x-jairouter-explain': '1' }) => {
    const { status, headers: answered } = await chat(joined, token, headers)
    return { status, told: answered['x-jairouter-explain']?.toString() }
  }
  for (const token of [ADMIN_TOKEN, operator.token]) {
    const { status, told } = await decision(token)
    expect(status).toBe(200)
    expect(JSON.parse(decodeURIComponent(told ?? ''))).toMatchObject({ model: 'sim-chat', attempts: [{ instance: 'only/sim-chat' }] })
    expect((await decision(token, {})).told).toBeUndefined()
  }
  for (const token of [developer.token, 'a-key-that-is-adas']) expect(await decision(token)).toEqual({ status: 200, told: undefined })
})
