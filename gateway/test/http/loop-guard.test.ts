import { expect, it } from 'vitest'
import { startFleet } from '../support/start-fleet.ts'
import { startGateway } from '../support/start-gateway.ts'

it('ends a request that goes in a circle with 508, after four gateways', async () => {
  const one = await startGateway({ backends: [] })
  const backend = { id: 'loop', type: 'openai-compatible', url: one.url, models: ['m'], health: { enabled: false } }
  one.apply({ backends: [backend], defaults: { retry: { attempts: 1 } } })
  const response = await fetch(`${one.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }] }),
  })
  expect(response.status).toBe(502)
  expect(one.records.map(({ status, code }) => [status, code])).toEqual(
    [
      [508, 'loop_detected'],
      [502, 'upstream_error'],
      [502, 'upstream_error'],
      [502, 'upstream_error'],
      [502, 'upstream_error'],
    ].slice(0, one.records.length),
  )
  expect(one.records).toHaveLength(5)
})

it.each([
  ['3', 200],
  ['4', 508],
  ['99', 508],
  ['many', 200],
  ['-1', 200],
])('a request that has passed %s gateways gets %d', async (hops, status) => {
  const fleet = await startFleet({ only: { backend: { models: ['sim-chat'] } } })
  expect((await fleet.chat({}, { headers: { 'x-jairouter-hop': hops } })).status).toBe(status)
})
