import Anthropic from '@anthropic-ai/sdk'
import AnthropicBefore from 'anthropic-sdk-0'
import { CohereClientV2 } from 'cohere-ai'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { ANSWER } from './documented-streams.ts'
import { startDouble } from './double.ts'
import { startEmbeddingDouble } from './embedding-double.ts'
import { startRerankDouble } from './rerank-double.ts'

/* The official clients read the doubles: what they make of the bytes is no opinion of ours. */

const messages = [{ role: 'user' as const, content: 'Hi' }]

describe('openai', () => {
  const open = (url: string): OpenAI => new OpenAI({ apiKey: 'key', baseURL: `${url}/v1`, maxRetries: 0 })
  const message = {
    role: 'assistant',
    content: 'Grüße',
    tool_calls: [
      { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"a":"ü"}' } },
      { id: 'call_2', type: 'function', function: { name: 'now', arguments: '{}' } },
    ],
  }

  it.each([undefined, 1])('reads a message, streamed and whole, writes of %s bytes', async (split) => {
    const double = await startDouble('openai', split === undefined ? {} : { split })
    double.reply(ANSWER)
    const client = open(double.url)
    const streamed = await client.chat.completions
      .stream({ model: 'm', messages, stream_options: { include_usage: true } })
      .finalChatCompletion()
    const whole = await client.chat.completions.create({ model: 'm', messages })
    for (const { choices, usage } of [streamed, whole]) {
      expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message })
      expect(usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 8, prompt_tokens_details: { cached_tokens: 4 } })
    }
  })

  it('throws for an error before and within a stream', async () => {
    const double = await startDouble('openai')
    double.reply({ kind: 'error', status: 429, message: 'slow down', retryAfterSeconds: 2 })
    await expect(open(double.url).chat.completions.create({ model: 'm', messages })).rejects.toThrow('429 slow down')
    double.reply({ kind: 'error-in-stream', text: 'x', message: 'the engine died' })
    await expect(open(double.url).chat.completions.stream({ model: 'm', messages }).finalMessage()).rejects.toThrow('the engine died')
  })

  it('reads embeddings, for which it asks in base64', async () => {
    const double = await startEmbeddingDouble('openai')
    const { data } = await open(double.url).embeddings.create({ model: 'm', input: ['Hi there', 'you'] })
    expect(data.map(({ embedding }) => [...embedding])).toEqual([
      [8, 72, 0],
      [3, 121, 1],
    ])
    expect(double.requests[0]?.body['encoding_format']).toBe('base64')
  })
})

describe.each([
  ['1.x', Anthropic],
  ['0.x', AnthropicBefore],
] as const)('@anthropic-ai/sdk %s', (_version, Client) => {
  const open = (url: string): Anthropic => new Client({ apiKey: 'key', baseURL: url, maxRetries: 0 }) as Anthropic
  const content = [
    { type: 'thinking', thinking: 'Hm', signature: expect.stringMatching(/.+/) },
    { type: 'text', text: 'Grüße' },
    { type: 'tool_use', id: 'call_1', name: 'look', input: { a: 'ü' } },
    { type: 'tool_use', id: 'call_2', name: 'now', input: {} },
  ]

  it.each([undefined, 1])('reads a message, streamed and whole, writes of %s bytes', async (split) => {
    const double = await startDouble('anthropic', split === undefined ? {} : { split })
    double.reply(ANSWER)
    const asked = { model: 'm', messages, max_tokens: 100 }
    const streamed = await open(double.url).messages.stream(asked).finalMessage()
    const whole = await open(double.url).messages.create(asked)
    for (const message of [streamed, whole]) {
      expect(message).toMatchObject({ content, stop_reason: 'tool_use' })
      expect(message.usage).toMatchObject({ input_tokens: 6, cache_read_input_tokens: 4, output_tokens: 8 })
    }
  })

  it('throws for an error before and within a stream', async () => {
    const double = await startDouble('anthropic')
    double.reply({ kind: 'error', status: 529, message: 'too much' })
    await expect(open(double.url).messages.create({ model: 'm', messages, max_tokens: 1 })).rejects.toThrow(/529.*too much/)
    double.reply({ kind: 'error-in-stream', text: 'x', message: 'the engine died' })
    await expect(open(double.url).messages.stream({ model: 'm', messages, max_tokens: 1 }).finalMessage()).rejects.toThrow(
      'the engine died',
    )
  })
})

describe('ollama', () => {
  it.each([undefined, 1])('reads a message, streamed and whole, writes of %s bytes', async (split) => {
    const double = await startDouble('ollama', split === undefined ? {} : { split })
    double.reply(ANSWER)
    const client = new Ollama({ host: double.url })
    const tool_calls = [{ function: { name: 'look', arguments: { a: 'ü' } } }, { function: { name: 'now', arguments: {} } }]
    const whole = await client.chat({ model: 'm', messages })
    expect(whole).toMatchObject({ message: { content: 'Grüße', thinking: 'Hm', tool_calls }, done_reason: 'stop', eval_count: 8 })
    const heard = { text: '', thinking: '', calls: 0 }
    for await (const { message } of await client.chat({ model: 'm', messages, stream: true })) {
      heard.text += message.content
      heard.thinking += message.thinking ?? ''
      heard.calls += message.tool_calls?.length ?? 0
    }
    expect(heard).toEqual({ text: 'Grüße', thinking: 'Hm', calls: 2 })
  })

  it('throws for an error within a stream, and for one that was cut', async () => {
    const double = await startDouble('ollama')
    const client = new Ollama({ host: double.url })
    const read = async (): Promise<void> => {
      for await (const _part of await client.chat({ model: 'm', messages, stream: true }));
    }
    double.reply({ kind: 'error-in-stream', text: 'x', message: 'the engine died' })
    await expect(read()).rejects.toThrow('the engine died')
    double.reply({ kind: 'cut', text: 'x', how: 'eof' })
    await expect(read()).rejects.toThrow('Did not receive done or success response in stream.')
  })

  it('reads embeddings and the list', async () => {
    const client = new Ollama({ host: (await startEmbeddingDouble('ollama')).url })
    expect(await client.embed({ model: 'm', input: ['Hi', 'you'] })).toMatchObject({
      embeddings: [
        [2, 72, 0],
        [3, 121, 1],
      ],
    })
    expect((await client.list()).models.map(({ name }) => name)).toEqual(['m:latest'])
  })
})

describe('cohere-ai', () => {
  const open = (url: string): CohereClientV2 => new CohereClientV2({ token: 'key', environment: url })

  it.each([undefined, 1])('reads a message, streamed and whole, writes of %s bytes', async (split) => {
    const double = await startDouble('cohere', split === undefined ? {} : { split })
    double.reply(ANSWER)
    const whole = await open(double.url).chat({ model: 'm', messages })
    expect(whole).toMatchObject({
      finishReason: 'TOOL_CALL',
      message: {
        content: [{ type: 'text', text: 'Grüße' }],
        toolPlan: 'Hm',
        toolCalls: [
          { id: 'call_1', function: { name: 'look', arguments: '{"a":"ü"}' } },
          { id: 'call_2', function: { name: 'now', arguments: 'null' } },
        ],
      },
      usage: { tokens: { inputTokens: 10, outputTokens: 8 } },
    })
    const heard = { text: '', plan: '', json: '', last: '' }
    for await (const event of await open(double.url).chatStream({ model: 'm', messages })) {
      if (event.type === 'content-delta') heard.text += event.delta?.message?.content?.text ?? ''
      if (event.type === 'tool-plan-delta') heard.plan += event.delta?.message?.toolPlan ?? ''
      if (event.type === 'tool-call-delta') heard.json += event.delta?.message?.toolCalls?.function?.arguments ?? ''
      heard.last = event.type
    }
    expect(heard).toEqual({ text: 'Grüße', plan: 'Hm', json: '{"a":"ü"}', last: 'message-end' })
  })

  it('reads embeddings and ranks', async () => {
    const { url } = await startEmbeddingDouble('cohere')
    const { embeddings } = await open(url).embed({ model: 'm', texts: ['Hi'], inputType: 'search_query', embeddingTypes: ['float'] })
    expect(embeddings).toMatchObject({ float: [[2, 72, 0]] })
    const double = await startRerankDouble('cohere')
    const { results } = await open(double.url).rerank({ model: 'm', query: 'red', documents: ['blue', 'red'], topN: 1 })
    expect(results).toMatchObject([{ index: 1, relevanceScore: 1 }])
  })
})
