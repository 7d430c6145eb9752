import Anthropic from '@anthropic-ai/sdk'
import AnthropicZero from 'anthropic-sdk-0'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { startFleet } from '../support/start-fleet.ts'

const request = { model: 'sim-chat', max_tokens: 50, messages: [{ role: 'user' as const, content: 'Say something' }] }

describe.each([
  ['1', Anthropic],
  // Its types differ, what is called here does not.
  ['0', AnthropicZero as unknown as typeof Anthropic],
])('the SDK of generation %s', (_generation, Sdk) => {
  it('gets a message, whole and streamed, with the same text and usage', async () => {
    const { url } = await startFleet({ one: {} })
    const client = new Sdk({ apiKey: 'any', baseURL: url, maxRetries: 0 })
    const whole = await client.messages.create(request)
    const stream = client.messages.stream(request)
    const streamed = await stream.finalMessage()
    expect(whole).toMatchObject({ type: 'message', role: 'assistant', model: 'sim-chat', stop_reason: 'end_turn' })
    const textOf = ({ content: [block] }: Anthropic.Message) => (block?.type === 'text' ? block.text : undefined)
    expect(textOf(streamed)).toBe(textOf(whole))
    expect(textOf(whole)).toMatch(/\w/)
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens)
    expect(whole.usage.output_tokens).toBeGreaterThan(0)
  })

  it('throws its own errors, with the id of the request', async () => {
    const { url } = await startFleet({ one: {} })
    const client = new Sdk({ apiKey: 'any', baseURL: url, maxRetries: 0 })
    const failure: unknown = await client.messages.create({ ...request, model: 'nobody' }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Sdk.NotFoundError)
    expect(failure).toMatchObject({
      status: 404,
      requestID: expect.stringMatching(/^[\w-]+$/) as unknown,
      error: { type: 'error', error: { type: 'not_found_error' } },
    })
  })

  it('counts tokens', async () => {
    const { url } = await startFleet({ one: {} })
    const { input_tokens: tokens } = await new Sdk({ apiKey: 'any', baseURL: url, maxRetries: 0 }).messages.countTokens({
      model: 'sim-chat',
      messages: request.messages,
    })
    expect(tokens).toBeGreaterThan(2)
  })
})

it('tells errors before the dialect is understood in Anthropic’s shape, too', async () => {
  const { url } = await startFleet({ one: {} })
  const post = (body: object) => ask(`${url}/v1/messages`, { body })
  expect(JSON.parse((await post([])).text)).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
  const unnamed = await post({ max_tokens: 5, messages: [] })
  expect([unnamed.status, JSON.parse(unnamed.text)]).toMatchObject([
    400,
    { type: 'error', error: { message: expect.stringContaining('model') as unknown } },
  ])
  const wrong = await ask(`${url}/v1/messages`, { method: 'GET' })
  expect([wrong.status, JSON.parse(wrong.text)]).toMatchObject([405, { type: 'error' }])
})
