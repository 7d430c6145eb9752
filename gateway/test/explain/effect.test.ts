import { configSchema } from '@jairouter/contract/config'
import { effectivePolicySchema } from '@jairouter/contract/management/effective'
import { expect, it } from 'vitest'
import { effectiveRoutes } from '../../src/admin/effective.ts'
import { messages } from '../support/ask.ts'
import { startFleet, type Fleet, type FleetConfig, type Member } from '../support/start-fleet.ts'

const LISTED: Member = { backend: { models: ['sim-chat'] } }

function compiled(fleet: Fleet, more: FleetConfig & { readonly backends?: Fleet['config']['backends'] }) {
  const config = configSchema.parse({ ...fleet.config, ...more, server: { port: 0, ...more.server } })
  const next = fleet.gateway.preview({ config, certificates: new Map() })
  if ('problems' in next) throw new Error(JSON.stringify(next.problems))
  return next.snapshot
}

it('what a change does, and where the last requests would go with it, is told from what has happened; nothing changes by that', async () => {
  const limitOf = (limit: number) => ({ algorithm: 'sliding-window', limit, window: '1h', by: 'service' }) as const
  const limits = [limitOf(8)]
  const fleet = await startFleet({ a: LISTED, b: { backend: { models: ['sim-chat'], priority: 2 } } }, { services: { chat: { limits } } })
  for (let count = 0; count < 4; count += 1) await fleet.chat()
  fleet.simulator('a').setFault('sim-chat', { name: 'hang' })
  const leaving = new AbortController()
  const open = fetch(`${fleet.url}/v1/chat/completions`, {
    method: 'POST',
    signal: leaving.signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim-chat', messages }),
  }).catch(() => undefined)
  await expect.poll(() => fleet.posts('a').length).toBe(5)

  const before = fleet.gateway.snapshot
  const after = compiled(fleet, { backends: fleet.config.backends.slice(1), services: { chat: { limits: [limitOf(3)] } } })
  const { effect, replay } = await fleet.gateway.effect(before, after)
  expect(effect.inFlight).toEqual([{ instance: 'a/sim-chat', n: 1 }])
  expect(effect.limits).toMatchObject([{ scope: 'service', was: { limit: 8 }, is: { limit: 3 }, used: 5 / 8 }])
  expect(effect.routes.changed.find(({ service }) => service === 'chat')).toMatchObject({ instancesRemoved: ['a/sim-chat'] })
  expect(replay).toMatchObject({ n: 4, same: 0, elsewhere: 3, limited: 1, refused: 0 })
  expect(replay.examples.limited).toEqual([fleet.records[3]?.id])
  expect(fleet.gateway.snapshot).toBe(before)
  expect(fleet.posts('a')).toHaveLength(5)
  leaving.abort()
  await open
  await fleet.settled(5)
})

it('the policy in force is told with its sources, and what is not there is 404', async () => {
  const fleet = await startFleet({ a: LISTED }, { services: { chat: { timeouts: { total: '9m' } } } })
  const config = configSchema.parse(fleet.config)
  const [route] = effectiveRoutes({ config: () => config, snapshot: () => fleet.gateway.snapshot })
  const call = async (scope: string) => {
    const origin = { actor: { kind: 'system' as const } }
    const parts = {
      params: {},
      body: {},
      headers: {},
      actor: undefined,
      origin,
      requestId: 'r',
      address: '::1',
      ifMatch: undefined,
      dryRun: false,
    }
    const answer = await route?.handle({ ...parts, query: { scope }, signal: new AbortController().signal })
    return effectivePolicySchema.parse(answer?.body).values
  }
  expect((await call('model:sim-chat'))['timeouts.total']).toEqual({
    value: 540_000,
    unit: 'ms',
    source: 'service',
    path: 'services.chat.timeouts.total',
  })
  expect((await call('backend:a'))['balance']).toMatchObject({ source: 'default' })
  for (const scope of ['model:none', 'backend:none', 'service:none']) await expect(call(scope)).rejects.toMatchObject({ code: 'not_found' })
})
