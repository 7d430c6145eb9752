import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/simulator/faults/fault.ts'
import { answerJson, startScripted } from '../support/scripted-server.ts'
import { eventsOf, startPair, startRelayed, type PairOptions } from '../support/start-pair.ts'

const ENDPOINTS = [
  { path: '/v1/chat/completions', ask: { messages: [{ role: 'user', content: 'How much was it?' }] } },
  { path: '/v1/completions', ask: { prompt: 'How much was it?' } },
] as const

/** Where backends put their counts (backends.md 21.10). */
const HABITS: readonly { habit: string; fault?: Fault }[] = [
  { habit: 'in a chunk of its own' },
  { habit: 'in a chunk that nobody asked for', fault: { name: 'usage-uninvited' } },
  { habit: 'on the chunk that finishes', fault: { name: 'usage-on-finish' } },
  { habit: 'on every chunk, and once more at the end', fault: { name: 'usage-every-chunk' } },
]

interface Chunk {
  readonly choices: readonly unknown[]
  readonly usage?: unknown
}

async function ask(path: string, body: object, options: PairOptions & { fault?: Fault | undefined } = {}) {
  const pair = await startPair(options)
  if (options.fault !== undefined) pair.simulator.setFault('sim-chat', options.fault)
  const response = await pair.post(path, JSON.stringify({ model: 'sim-chat', ...body }))
  const events = eventsOf(await response.text())
  const chunks = events.slice(0, -1).map((event) => JSON.parse(event) as Chunk)
  await pair.gateway.settled(1)
  return { ...pair, events, chunks, record: pair.gateway.records[0] }
}

/** What the same question costs when it is not streamed. */
async function priceOf(path: string, body: object): Promise<unknown> {
  const { post } = await startPair()
  const answer = (await (await post(path, JSON.stringify({ model: 'sim-chat', ...body }))).json()) as Chunk
  return answer.usage
}

describe.each(ENDPOINTS)('usage on streams of $path', ({ path, ask: question }) => {
  describe.each(HABITS)('of a backend that sends it $habit', ({ fault }) => {
    it('comes to a client that asked as one last chunk without choices', async () => {
      const { chunks, events } = await ask(path, { ...question, stream: true, stream_options: { include_usage: true } }, { fault })
      expect(events.at(-1)).toBe('[DONE]')
      expect(chunks.filter(({ choices }) => choices.length === 0)).toEqual([chunks.at(-1)])
      expect(chunks.at(-1)?.usage).toMatchObject((await priceOf(path, question)) as object)
    })

    it.each([
      { how: 'says nothing', options: {} },
      { how: 'declines', options: { stream_options: { include_usage: false } } },
      { how: 'says null', options: { stream_options: null } },
    ])('is hidden from a client that $how', async ({ options }) => {
      const { chunks, events } = await ask(path, { ...question, stream: true, ...options }, { fault })
      expect(events.at(-1)).toBe('[DONE]')
      expect(chunks.length).toBeGreaterThan(1)
      expect(chunks.filter(({ choices }) => choices.length === 0)).toEqual([])
      expect(chunks.filter((chunk) => 'usage' in chunk)).toEqual([])
    })

    it('stands in the books whether the client asked or not', async () => {
      const price = (await priceOf(path, question)) as Record<string, number>
      const { record } = await ask(path, { ...question, stream: true }, { fault })
      expect(record?.usage).toMatchObject({
        promptTokens: price['prompt_tokens'],
        completionTokens: price['completion_tokens'],
        totalTokens: price['total_tokens'],
      })
      expect(record?.usage).not.toMatchObject({ estimated: true })
    })
  })

  it('is asked of the backend, with the other stream options as they were', async () => {
    const { sent } = await ask(path, {
      ...question,
      stream: true,
      stream_options: { include_obfuscation: false, include_usage: false, continuous_usage_stats: true },
    })
    expect(JSON.parse(sent().body.toString())).toEqual({
      model: 'sim-chat',
      ...question,
      stream: true,
      stream_options: { include_obfuscation: false, include_usage: true, continuous_usage_stats: true },
    })
  })

  it('is not asked where nothing is streamed', async () => {
    const { post, sent } = await startPair()
    await post(path, JSON.stringify({ model: 'sim-chat', ...question, stream: false }))
    expect(JSON.parse(sent().body.toString())).toEqual({ model: 'sim-chat', ...question, stream: false })
  })

  it('is a guess from the pieces, and marked as one, where the backend tells nothing', async () => {
    const { record, events } = await ask(path, { ...question, stream: true }, { fault: { name: 'no-usage' } })
    expect(events.at(-1)).toBe('[DONE]')
    expect(record?.usage).toMatchObject({ estimated: true, completionTokens: expect.toSatisfy((count) => count > 0) })
  })
})

describe('usage within a choice', () => {
  it('comes to a client that asked as one last chunk without choices', async () => {
    const [{ path, ask: question }] = ENDPOINTS
    const { chunks, record } = await ask(
      path,
      { ...question, stream: true, stream_options: { include_usage: true } },
      { fault: { name: 'usage-in-choice' } },
    )
    const price = await priceOf(path, question)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: price })
    expect(chunks.filter(({ choices }) => choices.length === 0)).toHaveLength(1)
    expect(record?.usage).not.toMatchObject({ estimated: true })
  })
})

describe('a first chunk without choices', () => {
  it("is no usage: Azure's filter results do not stop the stream", async () => {
    const [{ path, ask: question }] = ENDPOINTS
    const { chunks, events } = await ask(path, { ...question, stream: true }, { fault: { name: 'empty-choices-first' } })
    expect(events.at(-1)).toBe('[DONE]')
    expect(chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }] })
  })
})

describe('usage of answers in one piece', () => {
  it.each([
    { path: '/v1/chat/completions', model: 'sim-chat', ask: { messages: [{ role: 'user', content: 'hi' }] } },
    { path: '/v1/completions', model: 'sim-chat', ask: { prompt: 'hi' } },
    { path: '/v1/embeddings', model: 'sim-embedding', ask: { input: 'hi' } },
    { path: '/v1/rerank', model: 'sim-rerank', ask: { query: 'hi', documents: ['a', 'b'] } },
  ])('stands in the answer of $path and in the books', async ({ path, model, ask: question }) => {
    const { gateway, post } = await startPair()
    const { usage } = (await (await post(path, JSON.stringify({ model, ...question }))).json()) as { usage: Record<string, number> }
    await gateway.settled(1)
    expect(usage['total_tokens']).toBeGreaterThan(0)
    expect(gateway.records[0]?.usage).toMatchObject({ totalTokens: usage['total_tokens'] })
  })

  it('passes details that the gateway does not know', async () => {
    const usage = { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10, prompt_tokens_details: { cached_tokens: 8 }, vendor: [1.5] }
    const answer = {
      id: 'c',
      object: 'chat.completion',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
      usage,
    }
    const backend = await startScripted((_, response) => answerJson(response, answer))
    const { post } = await startRelayed({
      backends: [{ id: 'one', type: 'openai-compatible', url: backend.url, models: ['m'], health: { enabled: false } }],
    })
    expect(await (await post('/v1/chat/completions', '{"model":"m","messages":[{"role":"user","content":"x"}]}')).json()).toEqual(answer)
  })
})
