import { Agent, request } from 'node:http'
import { expect, it } from 'vitest'
import { readMetrics } from '../support/read-metrics.ts'
import { eventually } from '../support/eventually.ts'
import { ask, messages } from '../support/ask.ts'
import { startFleet } from '../support/start-fleet.ts'

it('too many connections: who can wait is refused first, health and metrics never', async () => {
  const keys = (['system', 'default'] as const).map((priority) => ({ name: priority, key: `key-of-${priority}`, priority }))
  const fleet = await startFleet(
    { only: { backend: { models: ['sim-chat'] } } },
    // Nothing but connections counts here: 20 of 21 are 0.95.
    { auth: { keys }, server: { overload: { loopDelay: '1h', connections: 21 } } },
  )
  const agent = new Agent({ keepAlive: true, maxSockets: 30 })
  const idle = () =>
    new Promise<void>((resolve, reject) => {
      request(`${fleet.url}/health/live`, { agent }, (response) => {
        response.resume().once('end', resolve)
      })
        .once('error', reject)
        .end()
    })
  await Promise.all(Array.from({ length: 20 }, idle))
  await eventually(async () => {
    const { samples } = await readMetrics(fleet.url)
    expect(samples.find(({ name }) => name === 'jairouter_overload_pressure')?.value).toBeGreaterThanOrEqual(0.95)
  })
  const as = (name: string) =>
    ask(`${fleet.url}/v1/chat/completions`, { body: { model: 'sim-chat', messages }, headers: { authorization: `Bearer key-of-${name}` } })
  const refused = await as('default')
  expect(refused).toMatchObject({ status: 503, code: 'overloaded', headers: { connection: 'close' } })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
  expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(5)
  expect(fleet.posts('only')).toHaveLength(0)
  expect((await ask(`${fleet.url}/health/live`)).status).toBe(200)
  expect(fleet.logged()).toContain('the gateway is ')
  agent.destroy()
  await eventually(async () => {
    expect((await as('default')).status).toBe(200)
  })
})
