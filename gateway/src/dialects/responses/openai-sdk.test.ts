import OpenAI, { APIError, BadRequestError } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { chunkOf, THINKING_THEN_CALL, TOOL_STREAMS, toolDelta, usageChunk } from '../anthropic/fixtures/streams.ts'
import { startResponsesServer, type ResponsesServer } from './fixtures/responses-server.ts'

let server: ResponsesServer
let client: OpenAI

beforeAll(async () => {
  server = await startResponsesServer()
  client = new OpenAI({ baseURL: server.baseURL, apiKey: 'none', maxRetries: 0, timeout: 5_000 })
})
beforeEach(() => void server.asked.splice(0))
afterAll(() => server.close())

const WEATHER = {
  type: 'function' as const,
  name: 'get_weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: true,
}

async function streamed(chunks: readonly JsonObject[], rest: JsonObject = {}) {
  server.script = { chunks }
  const stream = client.responses.stream({ model: 'gpt-x', input: 'Hi', ...rest })
  const types: string[] = []
  for await (const event of stream) types.push(event.type)
  return { types, final: await stream.finalResponse() }
}
const ended = (deltas: readonly JsonObject[], finishReason = 'stop') => [
  ...deltas.map((delta) => chunkOf(delta)),
  chunkOf({}, finishReason),
]

describe('responses.stream()', () => {
  it('gathers the text', async () => {
    const usage = usageChunk({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 })
    const { types, final } = await streamed([
      ...ended([{ role: 'assistant', content: '' }, { content: 'Grüß ' }, { content: 'dich 🙂' }]),
      usage,
    ])
    expect(final.output_text).toBe('Grüß dich 🙂')
    expect(final.status).toBe('completed')
    expect(final.usage?.total_tokens).toBe(7)
    expect(types.slice(0, 2)).toEqual(['response.created', 'response.in_progress'])
    expect(types.at(-1)).toBe('response.completed')
    expect(server.asked).toEqual([
      { model: 'gpt-x', messages: [{ role: 'user', content: 'Hi' }], stream: true, stream_options: { include_usage: true } },
    ])
  })

  it.each([
    ['content', {}],
    ['summary', { reasoning: { summary: 'auto' } }],
  ])('gathers reasoning as %s, and calls', async (place, fields) => {
    const { final } = await streamed(THINKING_THEN_CALL, { tools: [WEATHER], ...fields })
    const [reasoning, call] = final.output
    const parts = { summary: place === 'summary' ? [{ type: 'summary_text', text: 'Let me see' }] : [] }
    const content = place === 'summary' ? {} : { content: [{ type: 'reasoning_text', text: 'Let me see' }] }
    expect(reasoning).toEqual({ id: 'rs_req-1_0', type: 'reasoning', status: 'completed', ...parts, ...content })
    expect(call).toMatchObject({ type: 'function_call', call_id: 'call_abc', name: 'get_weather', arguments: '{"city": "Oslo"}' })
  })

  it.each(Object.entries(TOOL_STREAMS))('gathers calls of %s', async (_name, deltas) => {
    const { final } = await streamed(ended(deltas))
    expect(final.output.map((item) => (item.type === 'function_call' ? [item.call_id, item.name, item.arguments] : item.type))).toEqual([
      ['a', 'get_weather', '{"city":"Oslo"}'],
      ['b', 'get_time', '{}'],
    ])
  })

  it('takes calls that all have one id', async () => {
    const call = (index: number) => toolDelta({ index, id: '0', function: { name: 'f', arguments: '{}' } })
    const { final } = await streamed(ended([call(0), call(1)]))
    expect(final.output.map((item) => (item.type === 'function_call' ? item.call_id : item.type))).toEqual(['0', 'call_req-1_1'])
  })

  it('takes refusals, citations, signatures and probabilities', async () => {
    const logprobs = { content: [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [] }] }
    const { final } = await streamed([
      chunkOf({ reasoning_content: 'hm' }),
      chunkOf({ thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: 's' }] }),
      { choices: [{ index: 0, delta: { content: 'a' }, logprobs, finish_reason: null }] },
      chunkOf({ annotations: [{ type: 'url_citation', url_citation: { url: 'u', title: 't', start_index: 0, end_index: 1 } }] }),
      ...ended([{ refusal: 'N' }, { refusal: 'o' }]),
    ])
    const [reasoning, message] = final.output
    expect(reasoning).toMatchObject({ type: 'reasoning', encrypted_content: expect.stringMatching(/^jairouter\.1\./) })
    expect(message).toMatchObject({
      content: [
        {
          type: 'output_text',
          text: 'a',
          annotations: [{ type: 'url_citation', url: 'u', title: 't', start_index: 0, end_index: 1 }],
          logprobs: [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [] }],
        },
        { type: 'refusal', refusal: 'No' },
      ],
    })
  })

  it('parses what keeps to a schema', async () => {
    const format = { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true }
    const { final } = await streamed(ended([{ content: '{"a":' }, { content: '1}' }]), { text: { format } })
    expect(final.output_text).toBe('{"a":1}')
    expect(server.asked[0]?.['response_format']).toEqual({
      type: 'json_schema',
      json_schema: { name: 'n', schema: { type: 'object' }, strict: true },
    })
  })

  it('ends incomplete', async () => {
    const { types, final } = await streamed(ended([{ content: 'a' }], 'length'))
    expect(types.at(-1)).toBe('response.incomplete')
    expect([final.status, final.incomplete_details, final.output_text]).toEqual(['incomplete', { reason: 'max_output_tokens' }, 'a'])
  })

  it.each([
    ['breaks off', { chunks: [chunkOf({ content: 'a' })], breaksOff: true }, 'Broke off'],
    ['ends without a reason', { chunks: [chunkOf({ content: 'a' })] }, 'The answer broke off before its end'],
    ['breaks off before it began', { breaksOff: true }, 'Broke off'],
  ])('throws where the answer %s', async (_name, script, message) => {
    server.script = script
    const failure: unknown = await client.responses
      .stream({ model: 'gpt-x', input: 'Hi' })
      .finalResponse()
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(APIError)
    expect(failure).toMatchObject({ message, code: 'stream_interrupted', type: 'upstream_error' })
  })
})

describe('responses.create()', () => {
  const answer = (message: JsonObject, finishReason = 'stop') => ({ choices: [{ index: 0, message, finish_reason: finishReason }] })

  it('reads the answer, and sends its output back with a result', async () => {
    server.script = {
      answer: answer({
        content: 'Let me look',
        reasoning_content: 'hm',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }],
      }),
    }
    const first = await client.responses.create({ model: 'gpt-x', input: 'Weather?', tools: [WEATHER], tool_choice: 'required' })
    expect(first.output_text).toBe('Let me look')
    expect(first.tools).toEqual([WEATHER])

    server.script = { answer: answer({ content: 'Rain' }) }
    const output = first.output.filter((item) => item.type === 'reasoning' || item.type === 'message' || item.type === 'function_call')
    expect(output).toHaveLength(3)
    const result = { type: 'function_call_output' as const, call_id: 'c1', output: 'wet' }
    const second = await client.responses.create({
      model: 'gpt-x',
      input: [{ role: 'user', content: 'Weather?' }, ...output, result],
      instructions: 'Be short',
    })
    expect(second.output_text).toBe('Rain')
    expect(server.asked[1]?.['messages']).toEqual([
      { role: 'system', content: 'Be short' },
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: 'Let me look',
        reasoning_content: 'hm',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'wet' },
    ])
  })

  it('throws a refusal that names the field', async () => {
    const failure: unknown = await client.responses
      .create({ model: 'gpt-x', input: 'Hi', tools: [{ type: 'web_search' }] })
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(BadRequestError)
    expect(failure).toMatchObject({ status: 400, param: 'tools[0].type', code: 'invalid_field', type: 'invalid_request_error' })
  })
})
