import { expect, it } from 'vitest'
import type { AuthSettings, KeyRecord } from '../config/snapshot.ts'
import { blocksOf } from './blocks/stored-block.ts'
import { Door } from './door.ts'

const auth: AuthSettings = { mode: 'required', keys: new Map(), failures: { limit: 10, windowMs: 60_000 } }
const caller = { headers: { authorization: 'Bearer token' }, address: '10.0.0.1' }
const user: KeyRecord = {
  id: 'user:u1',
  name: 'user:ada',
  owner: 'ada',
  sessionId: 'u1~s1',
  limits: [],
  models: ['*'],
  priority: 'default',
  enabled: true,
}
const door = new Door({
  now: () => 0,
  wallClock: () => 0,
  users: { looksLikeToken: () => true, authenticate: () => Promise.resolve(user) },
})

it.each([
  ['session', 'u1~s1'],
  ['user', 'Ada'],
] as const)('a blocked %s uses no model with its token', async (kind, value) => {
  await expect(door.letIn(caller, { auth })).resolves.toBe(user)
  const blocks = blocksOf([{ kind, value, reason: 'stolen', createdAt: '2027-01-01T00:00:00.000Z', createdBy: 'root' }])
  if (blocks === undefined) throw new Error('there is one')
  await expect(door.letIn(caller, { auth, blocks })).rejects.toMatchObject({ code: 'blocked' })
})
