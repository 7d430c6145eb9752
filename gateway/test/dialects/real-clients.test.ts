import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { embed, generateText, streamText, type LanguageModel } from 'ai'
import { CohereClientV2 } from 'cohere-ai'
import { expect, it } from 'vitest'
import { startFleet } from '../support/start-fleet.ts'

const apiKey = 'any'

/** The provider packages of the AI SDK: each speaks its own API. */
const PROVIDERS: readonly (readonly [name: string, of: (url: string) => LanguageModel])[] = [
  ['openai-compatible', (url) => createOpenAICompatible({ name: 'gateway', apiKey, includeUsage: true, baseURL: `${url}/v1` })('sim-chat')],
  ['openai (responses)', (url) => createOpenAI({ apiKey, baseURL: `${url}/v1` })('sim-chat')],
  ['openai (chat)', (url) => createOpenAI({ apiKey, baseURL: `${url}/v1` }).chat('sim-chat')],
  ['anthropic', (url) => createAnthropic({ apiKey, baseURL: `${url}/v1` })('sim-chat')],
]

it.each(PROVIDERS)('the AI SDK with %s generates and streams the same text', async (_name, modelOf) => {
  const { url } = await startFleet({ one: {} })
  const asked = { model: modelOf(url), prompt: 'Say something', maxRetries: 0, maxOutputTokens: 50 }
  const whole = await generateText(asked)
  const streamed = streamText(asked)
  expect(whole.text).toMatch(/\w/)
  expect([await streamed.text, await streamed.finishReason]).toEqual([whole.text, 'stop'])
  expect((await streamed.usage).outputTokens).toBe(whole.usage.outputTokens)
  expect(whole.usage.outputTokens).toBeGreaterThan(0)
})

it('the AI SDK embeds', async () => {
  const { url } = await startFleet({ one: {} })
  const { embedding } = await embed({
    model: createOpenAI({ apiKey, baseURL: `${url}/v1` }).embedding('sim-embedding'),
    value: 'a',
    maxRetries: 0,
  })
  expect(embedding.length).toBeGreaterThan(1)
})

it('LangChain chats, streams and embeds', async () => {
  const { url } = await startFleet({ one: {} })
  const options = { apiKey, maxRetries: 0, configuration: { baseURL: `${url}/v1` } }
  const chat = new ChatOpenAI({ model: 'sim-chat', ...options })
  const whole = await chat.invoke('Say something')
  let text = ''
  for await (const chunk of await chat.stream('Say something')) text += chunk.text
  expect(whole.text).toMatch(/\w/)
  expect(text).toBe(whole.text)
  const vector = await new OpenAIEmbeddings({ model: 'sim-embedding', ...options }).embedQuery('a')
  // A vector that was decoded wrongly is as long, and full of zeros.
  expect(vector.some((value) => value !== 0 && Math.abs(value) <= 1)).toBe(true)
})

it('Cohere’s client reranks', async () => {
  const { url } = await startFleet({ one: {} })
  const cohere = new CohereClientV2({ token: apiKey, environment: url })
  const { results } = await cohere.rerank({ model: 'sim-rerank', query: 'a b', documents: ['c', 'a b', 'a'], topN: 2 }, { maxRetries: 0 })
  expect(results).toHaveLength(2)
  expect(results[0]?.relevanceScore).toBeGreaterThanOrEqual(results[1]?.relevanceScore ?? Infinity)
})
