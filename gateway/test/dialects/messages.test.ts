import Anthropic from '@anthropic-ai/sdk'
import AnthropicZero from 'anthropic-sdk-0'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { answerJson, startScripted, type Script } from '../support/scripted-server.ts'
import { startFleet } from '../support/start-fleet.ts'
import { startGateway } from '../support/start-gateway.ts'

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

describe('an answer that makes no sense in the client’s dialect', () => {
  const completion = (choices: object[]) => ({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices })
  const whole =
    (choices: object[]): Script =>
    (_request, response) =>
      answerJson(response, completion(choices))
  const backendOf = ({ url }: { url: string }, index: number) => ({
    id: `b${index}`,
    type: 'openai-compatible',
    url,
    models: [{ name: 'm', priority: index + 1 }],
    health: { enabled: false },
  })
  const body = { model: 'm', max_tokens: 5, messages: request.messages }

  it('is asked for elsewhere', async () => {
    const servers = await Promise.all(
      [whole([]), whole([{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }])].map(startScripted),
    )
    const { url } = await startGateway({ backends: servers.map(backendOf) })
    expect(await ask(`${url}/v1/messages`, { body })).toMatchObject({ status: 200, backend: 'b1', attempts: 2 })
  })

  it('breaks its stream by an error, and not as the gateway’s own fault', async () => {
    const server = await startScripted((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(
        'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\ndata: {"choices":[{"index":0,"delta":{"content":"b"},}]}\n\ndata: [DONE]\n\n',
      )
    })
    const { url, records, settled } = await startGateway({ backends: [backendOf(server, 0)] })
    const { text } = await ask(`${url}/v1/messages`, { body: { ...body, stream: true } })
    expect(text).toMatch(/event: error\ndata: .*stream_interrupted.*\n\n$/)
    await settled(1)
    expect(records[0]?.attempts[0]?.outcome).toBe('upstream_protocol_error')
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
