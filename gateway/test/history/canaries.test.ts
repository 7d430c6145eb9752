import { expect, it } from 'vitest'
import { MemoryHistory } from '../../src/history/memory-history.ts'
import { startRecorded } from './start-recorded.ts'

const MODELS = [{ name: 'sim-chat' }]

it('holds no key, no prompt and no answer', async () => {
  const { fleet, history } = await startRecorded(
    { a: { backend: { models: MODELS, apiKey: 'backend-canary-1' } } },
    { store: new MemoryHistory(), auth: { keys: [{ name: 'ci', key: 'client-canary-2' }] } },
  )
  const said = { messages: [{ role: 'user', content: 'prompt-canary-3' }] }
  await fleet.chat(said, { headers: { authorization: 'Bearer client-canary-2' } })
  await fleet.chat(said, { headers: { authorization: 'Bearer wrong-canary-4' } })
  fleet.simulator('a').setFault('sim-chat', { name: 'status', status: 400, body: '{"error":{"message":"no: prompt-canary-3"}}' })
  await fleet.chat(said, { headers: { authorization: 'Bearer client-canary-2' } })
  await fleet.settled(3)
  await history.flush()
  const page = await history.store.page({ filter: { terms: [] }, limit: 10, deadlineMs: 1_000 })
  const all = JSON.stringify(await Promise.all(page.rows.map(({ id }) => history.store.find(id))))
  expect(page.rows).toHaveLength(3)
  expect(all).not.toContain('canary')
})
