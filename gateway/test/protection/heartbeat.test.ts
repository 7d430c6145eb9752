import OpenAI from 'openai'
import { expect, it } from 'vitest'
import { startFleet } from '../support/start-fleet.ts'

const LISTED = { backend: { models: ['sim-chat'] } }
const BEATING = { server: { heartbeat: '20ms' }, defaults: { retry: { attempts: 2 } } } as const

it('a client that waits for a stream hears comments, and then the answer of the instance that could', async () => {
  const fleet = await startFleet(
    { slow: LISTED, good: LISTED },
    { ...BEATING, defaults: { balance: 'round-robin', timeouts: { firstToken: '150ms' } } },
  )
  for (const id of ['slow', 'good']) fleet.simulator(id).setFault('sim-chat', { name: 'hang', times: 1 })
  const [first, second] = await Promise.all([fleet.chat({ stream: true }), fleet.chat({ stream: true })])
  for (const answer of [first, second]) {
    expect(answer.status).toBe(200)
    expect(answer.text).toMatch(/^(: waiting\n\n)+data: \{/)
    expect(answer.text).toMatch(/data: \[DONE\]\n\n$/)
  }
})

it('a failure after comments is an error event, which the official SDK throws', async () => {
  const fleet = await startFleet({ only: LISTED }, { ...BEATING, defaults: { retry: { attempts: 1 }, timeouts: { firstToken: '150ms' } } })
  fleet.simulator('only').setFault('sim-chat', { name: 'hang' })
  const answer = await fleet.chat({ stream: true })
  expect(answer.text).toMatch(/^(: waiting\n\n)+data: \{"error":\{[^\n]*"code":"upstream_timeout"\}\}\n\n$/)
  expect(fleet.records.at(-1)).toMatchObject({ status: 504, code: 'upstream_timeout' })
  const client = new OpenAI({ baseURL: `${fleet.url}/v1`, apiKey: 'none', maxRetries: 0 })
  const stream = await client.chat.completions.create({ model: 'sim-chat', stream: true, messages: [{ role: 'user', content: 'x' }] })
  await expect(
    (async () => {
      for await (const chunk of stream) expect(chunk).toBeUndefined()
    })(),
  ).rejects.toThrow(/did not begin its answer/)
})

it('comments do not keep a silent stream alive beyond its idle limit', async () => {
  const fleet = await startFleet({ only: LISTED }, { server: { heartbeat: '20ms' }, defaults: { timeouts: { idle: '150ms' } } })
  fleet.simulator('only').setFault('sim-chat', { name: 'stall' })
  const { text } = await fleet.chat({ stream: true })
  expect(text).toMatch(/: waiting\n\n/)
  expect(text).toMatch(/data: \{"error":[^\n]*\}\n\n$/)
})

it('no comments come where they are turned off, or where the answer is no stream', async () => {
  const off = await startFleet({ only: LISTED }, { server: { heartbeat: '0s' } })
  off.simulator('only').setFault('sim-chat', { name: 'slow', after: 100 })
  expect((await off.chat({ stream: true })).text).not.toContain(': waiting')
  const on = await startFleet({ only: LISTED }, BEATING)
  on.simulator('only').setFault('sim-chat', { name: 'slow', after: 100 })
  const plain = await on.chat()
  expect(plain.status).toBe(200)
  expect(() => {
    JSON.parse(plain.text)
  }).not.toThrow()
})
