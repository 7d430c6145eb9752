import { describe, expect, it } from 'vitest'
import { ask, openStream } from '../support/ask.ts'
import { startFleet, type Fleet, type FleetConfig } from '../support/start-fleet.ts'

const KEY = 'client-key-0123456789'
const PROMPT = 'a prompt that nobody else may read'
const secrets = {
  auth: { keys: [{ name: 'team-one', key: KEY }] },
} satisfies FleetConfig
const authorization = { headers: { authorization: `Bearer ${KEY}` } }

type Entry = Readonly<Record<string, unknown>>

/** Lines about requests; what else is logged has no `endpoint`. */
function accessLines(fleet: Fleet): Entry[] {
  return fleet
    .logged()
    .split('\n')
    .filter((line) => line.includes('"endpoint"'))
    .map((line) => {
      const entry: unknown = JSON.parse(line)
      return typeof entry === 'object' && entry !== null ? { ...entry } : {}
    })
}

async function lineAfter(fleet: Fleet, count = 1): Promise<Entry> {
  await fleet.settled(count)
  const lines = accessLines(fleet)
  expect(lines).toHaveLength(count)
  return lines.at(-1) ?? {}
}

describe('the access log', () => {
  it('has one line for a plain answer: id, model, backend, status, timings, tokens', async () => {
    const fleet = await startFleet({ a: { backend: { models: [{ name: 'sim-chat', as: 'smart' }] } } }, secrets)
    await fleet.chat({ model: 'smart' }, { headers: { ...authorization.headers, 'x-request-id': 'my-id' } })
    expect(await lineAfter(fleet)).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      msg: 'request',
      id: 'my-id',
      endpoint: 'chat',
      model: 'smart',
      key: 'team-one',
      client: '127.0.0.1',
      status: 200,
      backend: 'a',
      upstreamModel: 'sim-chat',
      attempts: 1,
      ms: expect.any(Number),
      firstByteMs: expect.any(Number),
      overheadMs: expect.any(Number),
      tokens: { prompt: expect.any(Number), completion: 16 },
    })
  })

  it('says of a stream that it was one', async () => {
    const fleet = await startFleet({ a: {} })
    await fleet.chat({ stream: true })
    expect(await lineAfter(fleet)).toMatchObject({ status: 200, stream: true, tokens: { completion: 16 } })
  })

  it('names every attempt where there was more than one', async () => {
    const fleet = await startFleet({ a: {}, b: { backend: { priority: 2 } } })
    fleet.simulator('a').setFault('sim-chat', { name: 'status', status: 500 })
    await fleet.chat()
    expect(await lineAfter(fleet)).toMatchObject({
      status: 200,
      backend: 'b',
      attempts: [
        { instance: 'a/sim-chat', outcome: 'status_500', status: 500, ms: expect.any(Number) },
        { instance: 'b/sim-chat', outcome: 'ok', status: 200, ms: expect.any(Number) },
      ],
    })
  })

  it('tells of a failure what the client was not told', async () => {
    const fleet = await startFleet({ a: { backend: { health: { enabled: false } } } })
    const backend = fleet.simulator('a')
    await fleet.chat()
    await backend.setDown(true)
    const answer = await fleet.chat()
    expect(answer.text).not.toContain('ECONNREFUSED')
    const line = await lineAfter(fleet, 2)
    expect(line).toMatchObject({ level: 40, status: 502, code: 'upstream_error', id: answer.headers['x-request-id'] })
    expect(line['cause']).toContain('ECONNREFUSED')
  })

  it('has a line for what is refused at the door, and for who leaves', async () => {
    const fleet = await startFleet({ a: {} }, secrets)
    await fleet.chat()
    expect(await lineAfter(fleet)).toMatchObject({ status: 401, code: 'invalid_api_key', attempts: 0 })
    await fleet.chat({ model: 'unknown' }, authorization)
    expect(await lineAfter(fleet, 2)).toMatchObject({ status: 404, code: 'model_not_found', key: 'team-one' })
    const stalled = { headers: { ...authorization.headers, 'x-simulator-fault': 'stall:at=2' } }
    const stream = await openStream(fleet.url, {}, stalled)
    stream.leave()
    expect(await lineAfter(fleet, 3)).toMatchObject({ status: 499, code: 'client_closed', backend: 'a' })
  })

  it('shows neither keys nor prompts nor answers, whatever happens', async () => {
    const backendKey = 'backend-key-9876543210'
    const fleet = await startFleet(
      { a: { backend: { apiKey: backendKey, headers: { 'x-extra': 'backend-header-secret' } }, simulator: { apiKey: backendKey } } },
      secrets,
    )
    const messages = [{ role: 'user', content: PROMPT }]
    const answer = await fleet.chat({ messages, user: 'somebody@example.org' }, authorization)
    expect(answer.status).toBe(200)
    await fleet.chat({ messages, stream: true }, authorization)
    await fleet.chat({ messages }, { headers: { 'x-api-key': 'wrong-key-wrong-key' } })
    await ask(`${fleet.url}/v1/chat/completions?key=${KEY}`, { body: { model: 'sim-chat', messages }, ...authorization })
    for (const fault of ['status', 'context-length', 'html', 'reset-before-headers', 'broken-json'] as const) {
      await fleet.chat({ messages }, { headers: { ...authorization.headers, 'x-simulator-fault': fault } })
    }
    await ask(`${fleet.url}/v1/chat/completions`, { body: { model: 'sim-chat', messages: PROMPT }, ...authorization })
    await fleet.settled(10)
    const text = fleet.logged()
    const spoken = /"content":"([^"]{8})/.exec(answer.text)?.[1]
    if (spoken === undefined) throw new Error(`no content in ${answer.text}`)
    for (const secret of [KEY, backendKey, 'backend-header-secret', 'wrong-key', PROMPT, 'somebody@', spoken]) {
      expect(text, secret).not.toContain(secret)
    }
    expect(accessLines(fleet)).toHaveLength(10)
  })
})
