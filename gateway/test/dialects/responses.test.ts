import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { startFleet, type Member } from '../support/start-fleet.ts'

const KEYS = {
  auth: {
    mode: 'required',
    keys: [
      { name: 'a', key: 'key-a-123456' },
      { name: 'b', key: 'key-b-123456' },
    ],
  },
} as const

async function start(more = {}) {
  const fleet = await startFleet({ one: {} }, more)
  return { ...fleet, client: (apiKey = 'any') => new OpenAI({ apiKey, baseURL: `${fleet.url}/v1`, maxRetries: 0 }) }
}

const lastBody = (fleet: Awaited<ReturnType<typeof start>>) => JSON.parse(String(fleet.posts('one').at(-1)?.body)) as { messages: object[] }

describe('POST /v1/responses', () => {
  it('answers whole and streamed alike, and the SDK’s helper understands the stream', async () => {
    const { client } = await start()
    const whole = await client().responses.create({ model: 'sim-chat', input: 'Say something' })
    const streamed = await client().responses.stream({ model: 'sim-chat', input: 'Say something' }).finalResponse()
    expect(whole).toMatchObject({ object: 'response', status: 'completed', model: 'sim-chat' })
    expect(whole.output_text).toMatch(/\w/)
    expect(streamed.output_text).toBe(whole.output_text)
    expect(streamed.usage?.output_tokens).toBe(whole.usage?.output_tokens)
  })

  it('goes on from an earlier response, whole or streamed', async () => {
    const fleet = await start()
    const client = fleet.client()
    const first = await client.responses.create({ model: 'sim-chat', input: 'One' })
    const second = await client.responses.stream({ model: 'sim-chat', input: 'Two', previous_response_id: first.id }).finalResponse()
    expect(second.previous_response_id).toBe(first.id)
    await client.responses.create({ model: 'sim-chat', input: 'Three', previous_response_id: second.id, store: false })
    expect(lastBody(fleet).messages).toMatchObject([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: first.output_text },
      { role: 'user', content: 'Two' },
      { role: 'assistant', content: second.output_text },
      { role: 'user', content: 'Three' },
    ])
  })

  it('keeps responses for their own key alone, until they are deleted', async () => {
    const { client } = await start(KEYS)
    const [a, b] = [client('key-a-123456'), client('key-b-123456')]
    const { id } = await a.responses.create({ model: 'sim-chat', input: 'One' })
    const unstored = await a.responses.create({ model: 'sim-chat', input: 'One', store: false })
    expect(await a.responses.retrieve(id)).toMatchObject({ id, status: 'completed' })
    expect((await a.responses.inputItems.list(id)).data).toMatchObject([{ type: 'message', role: 'user', content: [{ text: 'One' }] }])
    for (const asked of [b.responses.retrieve(id), a.responses.retrieve(unstored.id), b.responses.delete(id)])
      await expect(asked).rejects.toThrow(OpenAI.NotFoundError)
    await expect(b.responses.create({ model: 'sim-chat', input: 'Two', previous_response_id: id })).rejects.toMatchObject({
      status: 400,
      param: 'previous_response_id',
    })
    await a.responses.delete(id)
    await expect(a.responses.retrieve(id)).rejects.toThrow(OpenAI.NotFoundError)
  })

  it('keeps nothing where the config says so', async () => {
    const { client } = await start({ server: { responses: { ttl: '0s' } } })
    const { id } = await client().responses.create({ model: 'sim-chat', input: 'One' })
    await expect(client().responses.retrieve(id)).rejects.toThrow(OpenAI.NotFoundError)
  })

  it('ends a stream that breaks with response.failed, and throws', async () => {
    const { client } = await startFaulty({ 'sim-chat': { name: 'fin-mid-stream', at: 3 } })
    await expect(client().responses.stream({ model: 'sim-chat', input: 'Say' }).finalResponse()).rejects.toThrow(/broke off/)
  })
})

async function startFaulty(faults: NonNullable<Member['faults']>) {
  const fleet = await startFleet({ one: { faults } }, { defaults: { retry: { attempts: 1 } } })
  return { client: () => new OpenAI({ apiKey: 'any', baseURL: `${fleet.url}/v1`, maxRetries: 0 }) }
}
