import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { startScripted, answerJson } from '../support/scripted-server.ts'
import { LIVELY, QUIET, startFleet, type Fleet, endsIdle } from '../support/start-fleet.ts'
import { startGateway } from '../support/start-gateway.ts'

async function modelsOf({ url }: Pick<Fleet, 'url'>): Promise<string[]> {
  const body: unknown = JSON.parse((await ask(`${url}/v1/models`)).text)
  const data: unknown = typeof body === 'object' && body !== null && 'data' in body ? body.data : undefined
  if (!Array.isArray(data)) throw new Error(`no model list: ${JSON.stringify(body)}`)
  return data.map((entry: unknown) => (typeof entry === 'object' && entry !== null && 'id' in entry ? String(entry.id) : ''))
}

/** Reads the list of models again all the time. */
const eager = { health: LIVELY, refresh: '20ms' } as const

describe('models that a backend lists', () => {
  it('are offered, those of several backends together', async () => {
    const fleet = await startFleet({ a: { simulator: { models: ['one', 'two'] } }, b: { simulator: { models: ['two', 'three'] } } })
    expect(await modelsOf(fleet)).toEqual(['one', 'three', 'two'])
    expect([(await fleet.chat({ model: 'one' })).backend, (await fleet.chat({ model: 'three' })).backend]).toEqual(['a', 'b'])
  })

  it('appear without a restart', async () => {
    const fleet = await startFleet({ a: { backend: eager, simulator: { models: ['old'] } } })
    expect(await fleet.chat({ model: 'new' })).toMatchObject({ status: 404, code: 'model_not_found' })
    fleet.simulator('a').setModels(['old', 'new'])
    await eventually(async () => expect(await modelsOf(fleet)).toEqual(['new', 'old']))
    expect((await fleet.chat({ model: 'new' })).status).toBe(200)
  })

  it('vanish without a restart, with those that no other backend has', async () => {
    const fleet = await startFleet({
      a: { backend: eager, simulator: { models: ['shared', 'own'] } },
      b: { simulator: { models: ['shared'] } },
    })
    fleet.simulator('a').setModels([])
    await eventually(async () => expect(await modelsOf(fleet)).toEqual(['shared']))
    expect(await fleet.chat({ model: 'own' })).toMatchObject({ status: 404, code: 'model_not_found' })
    expect((await fleet.chat({ model: 'shared' })).backend).toBe('b')
  })

  it('stay known while their backend is down', async () => {
    const fleet = await startFleet({ a: { backend: eager, simulator: { models: ['one'] } } })
    await fleet.simulator('a').setDown(true)
    await eventually(async () => expect((await ask(`${fleet.url}/health/ready`)).status).toBe(503))
    expect(await modelsOf(fleet)).toEqual(['one'])
    expect(await fleet.chat({ model: 'one' })).toMatchObject({ status: 503, code: 'no_healthy_instance' })
  })

  it('stay known while the list can’t be read', async () => {
    const fleet = await startFleet({ a: { backend: { ...eager, type: 'vllm' }, simulator: { models: ['one'] } } })
    fleet.simulator('a').setFault('/v1/models', { name: 'status', status: 500 })
    const lists = () => fleet.simulator('a').seen.filter(({ path }) => path === '/v1/models').length
    const before = lists()
    await fleet.simulator('a').waitFor(() => lists() >= before + 3)
    expect((await fleet.chat({ model: 'one' })).status).toBe(200)
  })

  it('do not come from a backend whose models the config lists', async () => {
    const fleet = await startFleet({ a: { backend: { ...eager, models: ['sim-chat'] } } })
    await fleet.simulator('a').waitFor(({ seen }) => seen.length >= 5)
    expect(fleet.simulator('a').seen.filter(({ path }) => path.includes('/models'))).toEqual([])
    expect(await modelsOf(fleet)).toEqual(['sim-chat'])
  })

  it('are asked for with the backend’s key, and again under a new address', async () => {
    const fleet = await startFleet({ a: { backend: { apiKey: 'backend-key' }, simulator: { apiKey: 'backend-key', models: ['one'] } } })
    const other = await startFleet({ b: { simulator: { models: ['two'] } } })
    expect(await modelsOf(fleet)).toEqual(['one'])
    fleet.apply({ backends: [{ id: 'a', type: 'openai-compatible', url: other.simulator('b').url, health: QUIET }] })
    // What another server had under that name is not believed of this one.
    expect(fleet.gateway.snapshot.models).toEqual([])
    await fleet.gateway.firstRound()
    expect(await modelsOf(fleet)).toEqual(['two'])
  })

  it('are read from the next path where the first has none', async () => {
    const backend = await startScripted(({ method, path }, response) => {
      if (method === 'GET' && path === '/models') return answerJson(response, { data: [{ id: 'odd/place' }] })
      response.writeHead(404)
      response.end()
    })
    const gateway = await startGateway({ backends: [{ id: 'a', type: 'openai-compatible', url: backend.url, health: QUIET }] })
    endsIdle(gateway)
    expect(await modelsOf(gateway)).toEqual(['odd/place'])
  })
})

describe('a backend that is down when the gateway starts', () => {
  it('unknown models are 503 with Retry-After until it has answered, 404 after that', async () => {
    const fleet = await startFleet({ a: { backend: { health: LIVELY }, down: true } }, { defaults: { slowStart: '0s' } })
    const expected = { status: 503, code: 'no_healthy_instance', headers: { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) } }
    expect(await fleet.chat({ model: 'sim-chat' })).toMatchObject(expected)
    expect(await fleet.chat({ model: 'nobody-has-it' })).toMatchObject(expected)
    await fleet.simulator('a').setDown(false)
    await eventually(async () => expect((await fleet.chat({ model: 'sim-chat' })).status).toBe(200))
    expect(await fleet.chat({ model: 'nobody-has-it' })).toMatchObject({ status: 404, code: 'model_not_found' })
  })

  it('does not keep the models of the others from being used', async () => {
    const fleet = await startFleet({ a: { down: true }, b: { simulator: { models: ['known'] } } })
    expect(await fleet.chat({ model: 'known' })).toMatchObject({ status: 200, backend: 'b', attempts: 1 })
    expect(await modelsOf(fleet)).toEqual(['known'])
  })

  it('is named by /health/ready', async () => {
    const fleet = await startFleet({ a: { down: true } })
    const { status, text } = await ask(`${fleet.url}/health/ready`)
    expect({ status, body: JSON.parse(text) }).toMatchObject({
      status: 503,
      body: { status: 'unavailable', reason: 'no backend is healthy', backends: { a: 'unhealthy' }, undiscovered: ['a'] },
    })
  })
})
