import { explanationSchema, traceSchema } from '@jairouter/contract/management/explain'
import { expect, it } from 'vitest'
import { startControlled } from '../support/start-controlled.ts'

it('a request is explained as it was decided, as it would be now, and with each version of the config', async () => {
  const models = { backend: { models: ['sim-chat'] } }
  const { api, chat, gateway, desk } = await startControlled(
    { a: models, b: models },
    { explain: { sample: 1 }, models: [{ name: 'smart', targets: [{ backend: 'a', model: 'sim-chat' }] }] },
  )
  const answered = await chat({ model: 'smart' }, { headers: { 'x-request-id': 'asked-1' } })
  expect([answered.status, answered.backend]).toEqual([200, 'a'])
  expect((await api('PATCH', '/models/smart', { targets: [{ backend: 'b', model: 'sim-chat' }] })).status).toBe(200)
  expect((await api('DELETE', '/models/smart')).status).toBe(204)
  expect(desk.state.version.number).toBe(3)
  const { generation } = gateway.snapshot
  const at = async (moment?: unknown) => api('POST', '/requests/asked-1/explain', moment === undefined ? {} : { at: moment })

  const then = traceSchema.parse((await at('then')).json)
  expect(then).toMatchObject({ id: 'asked-1', model: 'smart', attempts: [{ instance: 'a/sim-chat', outcome: 'ok' }] })
  expect(then).toEqual((await api('GET', '/requests/asked-1')).json)

  const planned = async (moment?: unknown) => explanationSchema.parse((await at(moment)).json)
  expect(await planned(1)).toMatchObject({ outcome: 'asks', goesTo: 'a/sim-chat', rewrites: [] })
  expect(await planned(2)).toMatchObject({ outcome: 'asks', goesTo: 'b/sim-chat', rewrites: [] })
  for (const moment of [3, 'now', undefined])
    expect(await planned(moment)).toMatchObject({ outcome: 'refused', refusal: { code: 'model_not_found' } })

  expect([(await at(99)).code, (await at('soon')).code, (await at(0)).code]).toEqual(['not_found', 'invalid_request', 'invalid_request'])
  // Nothing of it is in force, and no model server was asked.
  expect([gateway.snapshot.generation, desk.state.version.number]).toEqual([generation, 3])
  expect((await chat({ model: 'smart' })).status).toBe(404)
})
