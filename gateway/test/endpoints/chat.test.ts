import type OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { startScripted } from '../support/scripted-server.ts'
import { collect, eventsOf, startPair, startRelayed } from '../support/start-pair.ts'

const messages = [{ role: 'user' as const, content: 'Say something about Kraków 🙂' }]
const tools: OpenAI.ChatCompletionTool[] = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' }, days: { type: 'integer' }, unit: { enum: ['c', 'f'] } },
        required: ['city'],
      },
    },
  },
]
const schema = {
  type: 'json_schema' as const,
  json_schema: { name: 'answer', strict: true, schema: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] } },
}

const REQUESTS: Readonly<Record<string, Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'model' | 'stream'>>> = {
  'a question': { messages },
  'several choices': { messages, n: 3 },
  'a short answer': { messages, max_tokens: 3 },
  tools: { messages, tools },
  'a named tool': { messages, tools, tool_choice: { type: 'function', function: { name: 'get_weather' } } },
  'a json schema': { messages, response_format: schema },
  'a picture': {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' } },
        ],
      },
    ],
  },
}
const table = Object.entries(REQUESTS).map(([name, request]) => ({ name, request }))

describe('the SDK gets from the gateway what it gets from the model server itself', () => {
  it.each(table)('plain: $name', async ({ request }) => {
    const { client, direct } = await startPair()
    const expected = await direct.chat.completions.create({ ...request, model: 'sim-chat' })
    expect(await client.chat.completions.create({ ...request, model: 'sim-chat' })).toEqual(expected)
  })

  it.each(table)('streamed: $name', async ({ request }) => {
    const { client, direct } = await startPair()
    const streamed = { ...request, model: 'sim-chat', stream: true, stream_options: { include_usage: true } } as const
    const expected = await collect(await direct.chat.completions.create(streamed))
    expect(await collect(await client.chat.completions.create(streamed))).toEqual(expected)
  })

  it.each(table)('with the helper for streams: $name', async ({ request }) => {
    const { client, direct } = await startPair()
    const streamed = { ...request, model: 'sim-chat' }
    const expected = await direct.chat.completions.stream(streamed).finalChatCompletion()
    const got = await client.chat.completions.stream(streamed).finalChatCompletion()
    expect(got).toEqual(expected)
  })

  it('puts a streamed tool call together, its arguments whole', async () => {
    const { client, direct } = await startPair()
    const request = { model: 'sim-chat', messages, tools }
    const expected = await direct.chat.completions.create(request)
    const got = await client.chat.completions.stream(request).finalChatCompletion()
    const callOf = ({ choices }: OpenAI.ChatCompletion) => choices[0]?.message.tool_calls?.find((call) => call.type === 'function')
    expect(callOf(got)).toMatchObject(callOf(expected) ?? {})
    expect(JSON.parse(callOf(got)?.function.arguments ?? '')).toMatchObject({ city: expect.any(String) })
  })

  it('runs an agent with a tool to its end', async () => {
    const { client, posts } = await startPair()
    const calls: unknown[] = []
    const runner = client.chat.completions.runTools({
      model: 'sim-chat',
      messages,
      stream: true,
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'Weather of a city',
            parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
            parse: JSON.parse,
            function: (city: unknown) => {
              calls.push(city)
              return 'sunny'
            },
          },
        },
      ],
    })
    expect(await runner.finalContent()).toEqual(expect.any(String))
    expect(calls).toEqual([{ city: expect.any(String) }])
    expect(posts()).toHaveLength(2)
  })
})

describe('a stream', () => {
  it('is the same bytes as the model server sent to a client that asked for usage', async () => {
    const { simulator, post } = await startPair()
    const body = JSON.stringify({ model: 'sim-chat', messages, stream: true, n: 2, stream_options: { include_usage: true } })
    const direct = await fetch(`${simulator.url}/v1/chat/completions`, { method: 'POST', body })
    const relayed = await post('/v1/chat/completions', body)
    expect(await relayed.text()).toBe(await direct.text())
    expect(Object.fromEntries(relayed.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
  })

  it('reaches the client chunk by chunk: the first before the model server sends its second', async () => {
    const { promise: firstWasRead, resolve: readFirst } = Promise.withResolvers<undefined>()
    const chunk = (content: string, finish: string | null) =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: finish }] })}\n\n`
    const backend = await startScripted(async (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(chunk('first', null))
      await firstWasRead
      response.end(`${chunk('second', 'stop')}data: [DONE]\n\n`)
    })
    const { client } = await startRelayed({
      backends: [{ id: 'slow', type: 'openai-compatible', url: backend.url, models: ['m'], health: { enabled: false } }],
    })
    const contents: unknown[] = []
    for await (const event of await client.chat.completions.create({ model: 'm', messages, stream: true })) {
      contents.push(event.choices[0]?.delta.content)
      readFirst(undefined)
    }
    expect(contents).toEqual(['first', 'second'])
  })

  it('ends with [DONE], also where the backend closes without it after every choice has finished', async () => {
    const { simulator, post } = await startPair()
    simulator.setFault('*', { name: 'no-done' })
    const body = JSON.stringify({ model: 'sim-chat', messages, stream: true, n: 2 })
    const events = eventsOf(await (await post('/v1/chat/completions', body)).text())
    expect(events.at(-1)).toBe('[DONE]')
    expect(events.filter((event) => event === '[DONE]')).toHaveLength(1)
  })

  it('is made from a whole answer where the backend does not stream', async () => {
    const whole = {
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    }
    const backend = await startScripted((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(whole))
    })
    const { client } = await startRelayed({
      backends: [{ id: 'whole', type: 'openai-compatible', url: backend.url, models: ['m'], health: { enabled: false } }],
    })
    const final = await client.chat.completions.stream({ model: 'm', messages, tools }).finalChatCompletion()
    expect(final.choices).toMatchObject([
      {
        finish_reason: 'tool_calls',
        message: { tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }] },
      },
    ])
  })
})

describe('completions', () => {
  const PROMPTS = [
    { name: 'a text', prompt: 'Once upon a time' },
    { name: 'several texts', prompt: ['One', 'Two', 'Three'] },
    { name: 'tokens', prompt: [1, 2, 3] },
    { name: 'several lists of tokens', prompt: [[1, 2], [3]] },
  ]

  it.each(PROMPTS)('plain: $name', async ({ prompt }) => {
    const { client, direct } = await startPair()
    const request = { model: 'sim-chat', prompt, max_tokens: 5, n: 2 }
    expect(await client.completions.create(request)).toEqual(await direct.completions.create(request))
  })

  it.each(PROMPTS)('streamed: $name', async ({ prompt }) => {
    const { client, direct } = await startPair()
    const request = { model: 'sim-chat', prompt, stream: true, stream_options: { include_usage: true } } as const
    const expected = await collect(await direct.completions.create(request))
    expect(await collect(await client.completions.create(request))).toEqual(expected)
  })
})
