import { expect, it } from 'vitest'
import { createCanaries, spyOnApi } from '../support/canaries.ts'
import { ask } from '../support/ask.ts'
import { memoryReplicas, type Fault } from '../support/memory-replicas.ts'
import { startControlled } from '../support/start-controlled.ts'

const FAULTS: readonly Fault[] = (['unavailable', 'full', 'conflict', 'damaged'] as const).flatMap((kind) => [
  { kind, when: 'before' },
  { kind, when: 'after' },
])

it.each(FAULTS)('a store that fails ($kind, $when the commit) makes no secret come out', async (fault) => {
  const canaries = createCanaries()
  const replicas = memoryReplicas()
  const { admin, url, token, logged, stop } = await startControlled(
    { a: { backend: { apiKey: canaries.add('the backend key of the file', 'canary-file-key-7be01f44') } } },
    { log: { level: 'trace' } },
    { store: replicas.open(), level: 'trace' },
  )
  canaries.add('the access token', token, token.split('.').slice(2))
  const say = spyOnApi(admin, canaries)
  const key = canaries.add('a backend key', 'canary-backend-key-19d3')
  const password = canaries.add('a password', 'canary-password-5a7e11')
  const prompt = canaries.add('a prompt', 'canary prompt of nobody')
  replicas.failWith(fault)
  const as = token
  const refused = [
    await say('POST /backends', { as, body: { id: 'b', type: 'vllm', url: 'http://127.0.0.1:9', apiKey: key, models: ['m'] } }),
    await say('PATCH /backends/a', { as, body: { apiKey: key, headers: { 'x-secret': key } } }),
    await say('PUT /config/drafts', { as, body: { text: `backends: [{ id: b, type: vllm, apiKey: ${key} }]` } }),
    await say('POST /config/apply', { as, body: { patch: { store: { url: `postgres://u:${key}@127.0.0.1/x` } } } }),
    await say('POST /users', { as, body: { name: 'bob', role: 'viewer', password } }),
    await say('POST /me/password', { as, body: { current: password, password } }),
    await say('POST /session', { body: { name: 'ada', password } }),
    await say('POST /keys', { as, body: { name: 'app' } }),
  ]
  // What a fault of this kind is called; none of them goes through as if nothing had happened, and none is unexpected.
  for (const { status, code } of refused) expect([status, code === 'internal_error']).toEqual([expect.any(Number), false])
  expect(refused.filter(({ status }) => status >= 400).length).toBeGreaterThanOrEqual(refused.length - 1)
  const asked = await ask(`${url}/v1/chat/completions`, { body: { model: 'sim-chat', messages: [{ role: 'user', content: prompt }] } })
  expect([200, 401]).toContain(asked.status)
  replicas.failWith(undefined)
  for (const path of ['/audit?limit=500', '/audit/export', '/config', '/config/versions', '/users', '/keys'])
    await say(`GET ${path}`, { as })
  canaries.seen('/metrics', (await ask(`${url}/metrics`)).text)
  await stop()
  canaries.seen('the log', logged())
  canaries.seen('the store', replicas.written())
  expect(canaries.leaks()).toEqual([])
})
