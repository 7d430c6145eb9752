import Anthropic from '@anthropic-ai/sdk'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { ChatOpenAI } from '@langchain/openai'
import { generateText, jsonSchema, streamText, tool, type LanguageModel, type ToolSet } from 'ai'
import { CohereClientV2 } from 'cohere-ai'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { startDouble, type Reply, type WireName } from '../doubles/double.ts'
import { startRerankDouble } from '../doubles/rerank-double.ts'
import { startGateway } from '../support/start-gateway.ts'

const TYPES: Readonly<Record<WireName, string>> = {
  openai: 'openai',
  ollama: 'ollama-native',
  anthropic: 'anthropic',
  gemini: 'gemini',
  cohere: 'cohere',
}
const WIRES = Object.keys(TYPES) as WireName[]

const TEXT: Reply = { kind: 'message', text: 'Grüße, 世界 👋', stop: 'end', usage: { input: 20, output: 7 } }
const CALLS: Reply = {
  kind: 'message',
  toolCalls: [
    { id: 'call_1', name: 'get_weather', arguments: { city: 'Oslo' } },
    { id: 'call_2', name: 'get_weather', arguments: { city: 'Roma "caput mundi"' } },
  ],
  stop: 'tools',
  usage: { input: 20, output: 7 },
}
const CITIES = ['Oslo', 'Roma "caput mundi"']

const PARAMETERS = { type: 'object' as const, properties: { city: { type: 'string' as const } }, required: ['city'] }
const FUNCTION = { type: 'function' as const, function: { name: 'get_weather', description: 'Weather of a city', parameters: PARAMETERS } }
const messages = [{ role: 'user' as const, content: 'Hi' }]
const apiKey = 'any'

async function start(wire: WireName, reply: Reply) {
  // A byte at a time: no reader may rely on how a stream is cut.
  const double = await startDouble(wire, { split: 5 })
  double.reply(reply)
  const { url } = await startGateway({
    backends: [{ id: wire, type: TYPES[wire], url: double.url, apiKey: 'key', models: ['m'], health: { enabled: false } }],
  })
  return url
}

const citiesOf = (texts: readonly (string | undefined)[]) => texts.map((text) => (JSON.parse(text ?? '') as { city: string }).city)

describe.each(WIRES)('before a backend that speaks %s', (wire) => {
  it('the SDK of OpenAI chats, streams, and gathers tool calls', async () => {
    const openai = async (reply: Reply) => new OpenAI({ apiKey, baseURL: `${await start(wire, reply)}/v1`, maxRetries: 0 })
    const asked = { model: 'm', messages, max_completion_tokens: 500 }
    const client = await openai(TEXT)
    expect((await client.chat.completions.create(asked)).choices[0]?.message.content).toBe('Grüße, 世界 👋')
    const streamed = await client.chat.completions.stream(asked).finalChatCompletion()
    expect(streamed.choices[0]).toMatchObject({ message: { content: 'Grüße, 世界 👋' }, finish_reason: 'stop' })
    const called = await (await openai(CALLS)).chat.completions.stream({ ...asked, tools: [FUNCTION] }).finalChatCompletion()
    const calls = called.choices[0]?.message.tool_calls ?? []
    expect(citiesOf(calls.map((call) => (call.type === 'function' ? call.function.arguments : undefined)))).toEqual(CITIES)
    expect([called.choices[0]?.finish_reason, new Set(calls.map(({ id }) => id)).size]).toEqual(['tool_calls', 2])
  })

  it('the SDK of OpenAI asks for responses, whole and streamed, with function calls', async () => {
    const openai = async (reply: Reply) => new OpenAI({ apiKey, baseURL: `${await start(wire, reply)}/v1`, maxRetries: 0 })
    const asked = { model: 'm', input: 'Hi', max_output_tokens: 500 }
    const client = await openai(TEXT)
    expect((await client.responses.create(asked)).output_text).toBe('Grüße, 世界 👋')
    expect(await client.responses.stream(asked).finalResponse()).toMatchObject({
      status: 'completed',
      output_text: 'Grüße, 世界 👋',
      usage: { input_tokens: 20, output_tokens: 7 },
    })
    const tools = [{ type: 'function' as const, name: 'get_weather', parameters: PARAMETERS, strict: false }]
    const called = await (await openai(CALLS)).responses.stream({ ...asked, tools }).finalResponse()
    expect(citiesOf(called.output.flatMap((item) => (item.type === 'function_call' ? [item.arguments] : [])))).toEqual(CITIES)
  })

  it('the SDK of Anthropic sends messages, streams, and gathers tool calls', async () => {
    const anthropic = async (reply: Reply) => new Anthropic({ apiKey, baseURL: await start(wire, reply), maxRetries: 0 })
    const asked = { model: 'm', messages, max_tokens: 500 }
    const client = await anthropic(TEXT)
    expect((await client.messages.create(asked)).content).toMatchObject([{ type: 'text', text: 'Grüße, 世界 👋' }])
    expect(await client.messages.stream(asked).finalMessage()).toMatchObject({
      stop_reason: 'end_turn',
      usage: { input_tokens: 20, output_tokens: 7 },
    })
    const tools = [{ name: 'get_weather', input_schema: PARAMETERS }]
    const called = await (await anthropic(CALLS)).messages.stream({ ...asked, tools }).finalMessage()
    expect(called.stop_reason).toBe('tool_use')
    expect(called.content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : []))).toEqual(CITIES.map((city) => ({ city })))
  })

  it('the client of Ollama chats, streams, and gathers tool calls', async () => {
    const ollama = async (reply: Reply) => new Ollama({ host: await start(wire, reply), headers: { authorization: 'Bearer any' } })
    const asked = { model: 'm', messages, options: { num_predict: 500 } }
    const client = await ollama(TEXT)
    expect((await client.chat(asked)).message.content).toBe('Grüße, 世界 👋')
    let text = ''
    for await (const part of await client.chat({ ...asked, stream: true })) text += part.message.content
    expect(text).toBe('Grüße, 世界 👋')
    const calls: unknown[] = []
    for await (const part of await (await ollama(CALLS)).chat({ ...asked, tools: [FUNCTION], stream: true }))
      for (const { function: called } of part.message.tool_calls ?? []) calls.push(called.arguments)
    expect(calls).toEqual(CITIES.map((city) => ({ city })))
  })

  it.each<[name: string, of: (url: string) => LanguageModel]>([
    ['openai-compatible', (url) => createOpenAICompatible({ name: 'gateway', apiKey, includeUsage: true, baseURL: `${url}/v1` })('m')],
    ['openai', (url) => createOpenAI({ apiKey, baseURL: `${url}/v1` })('m')],
    ['anthropic', (url) => createAnthropic({ apiKey, baseURL: `${url}/v1` })('m')],
  ])('the AI SDK with %s generates, streams, and gathers tool calls', async (_name, modelOf) => {
    const asked = { prompt: 'Hi', maxRetries: 0, maxOutputTokens: 500 }
    const model = modelOf(await start(wire, TEXT))
    expect((await generateText({ ...asked, model })).text).toBe('Grüße, 世界 👋')
    const streamed = streamText({ ...asked, model })
    expect([await streamed.text, await streamed.finishReason, (await streamed.usage).outputTokens]).toEqual(['Grüße, 世界 👋', 'stop', 7])
    // Its types are not made for `exactOptionalPropertyTypes`.
    // Its types are not made for exactOptionalPropertyTypes.
    const tools = {
      get_weather: tool({ description: 'Weather', inputSchema: jsonSchema<{ city: string }>(PARAMETERS) }),
    } as unknown as ToolSet
    const called = streamText({ ...asked, model: modelOf(await start(wire, CALLS)), tools })
    expect((await called.toolCalls).map(({ input }) => input)).toEqual(CITIES.map((city) => ({ city })))
    expect(await called.finishReason).toBe('tool-calls')
  })

  it('LangChain chats, streams, and gathers tool calls', async () => {
    const langchain = async (reply: Reply) =>
      new ChatOpenAI({ model: 'm', apiKey, maxRetries: 0, configuration: { baseURL: `${await start(wire, reply)}/v1` } })
    const client = await langchain(TEXT)
    expect((await client.invoke('Hi')).text).toBe('Grüße, 世界 👋')
    let text = ''
    for await (const chunk of await client.stream('Hi')) text += chunk.text
    expect(text).toBe('Grüße, 世界 👋')
    const called = await (await langchain(CALLS)).bindTools([FUNCTION]).invoke('Hi')
    expect(called.tool_calls?.map(({ args }) => args)).toEqual(CITIES.map((city) => ({ city })))
  })
})

it.each(['openai', 'cohere', 'tei', 'jina'] as const)('the client of Cohere reranks before a backend that speaks as %s', async (wire) => {
  const double = await startRerankDouble(wire)
  const type = { openai: 'openai-compatible', cohere: 'cohere', tei: 'tei-native', jina: 'jina' }[wire]
  const { url } = await startGateway({
    backends: [
      { id: wire, type, url: double.url, apiKey: 'key', models: [{ name: 'm', services: ['rerank'] }], health: { enabled: false } },
    ],
  })
  const cohere = new CohereClientV2({ token: apiKey, environment: url })
  const { results } = await cohere.rerank(
    { model: 'm', query: 'red fox', documents: ['a cat', 'the red fox', 'a fox'], topN: 2 },
    { maxRetries: 0 },
  )
  expect(results.map(({ index }) => index)).toEqual([1, 2])
})
