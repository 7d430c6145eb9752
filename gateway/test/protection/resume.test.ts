import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import type { FaultName } from '../../src/simulator/faults/table.ts'
import { chat, messages } from '../support/ask.ts'
import { startScripted, type Script } from '../support/scripted-server.ts'
import { startFleet, type Fleet } from '../support/start-fleet.ts'
import { startGateway } from '../support/start-gateway.ts'

const LISTED = { backend: { models: ['sim-chat'] } }
const RESUMED = { defaults: { balance: 'round-robin', retry: { resume: true }, timeouts: { idle: '150ms' } } } as const

/** The text of a stream's chunks, and whether it came to its proper end. */
function read(text: string): { content: string; ids: number; whole: boolean } {
  const chunks = [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, json = '']): unknown => JSON.parse(json))
  const ids = new Set<unknown>()
  let content = ''
  for (const chunk of chunks) {
    if (typeof chunk !== 'object' || chunk === null || !('choices' in chunk) || !Array.isArray(chunk.choices)) continue
    ids.add(Reflect.get(chunk, 'id'))
    const [choice]: unknown[] = chunk.choices
    const delta: unknown = typeof choice === 'object' && choice !== null ? Reflect.get(choice, 'delta') : undefined
    const piece: unknown = typeof delta === 'object' && delta !== null ? Reflect.get(delta, 'content') : undefined
    if (typeof piece === 'string') content += piece
  }
  return { content, ids: ids.size, whole: text.endsWith('data: [DONE]\n\n') }
}

async function wholeAnswer(fleet: Fleet): Promise<string> {
  return read((await fleet.chat({ stream: true })).text).content
}

const BREAKS: readonly FaultName[] = ['reset-mid-stream', 'fin-mid-stream', 'stall', 'error-mid-stream', 'no-done']

describe.each(BREAKS)('a stream with %s', (name) => {
  it('is completed by another instance: one answer, each word once, one id, the proper end', async () => {
    const fleet = await startFleet({ one: LISTED, two: { backend: { ...LISTED.backend, priority: 2 } } }, RESUMED)
    const expected = await wholeAnswer(fleet)
    fleet.simulator('one').setFault('sim-chat', { name, at: 3 })
    const { text } = await fleet.chat({ stream: true })
    expect(read(text)).toEqual({ content: expected, ids: 1, whole: true })
    expect(text).not.toContain('"error"')
    expect(fleet.records.at(-1)).toMatchObject({ status: 200, code: undefined })
  })
})

it('that breaks again is completed by a third call', async () => {
  const fleet = await startFleet({ one: LISTED, two: LISTED, three: LISTED }, RESUMED)
  const expected = await wholeAnswer(fleet)
  for (const [index, id] of ['one', 'two', 'three'].entries())
    fleet.simulator(id).setFault('sim-chat', { name: 'fin-mid-stream', at: 2 + index, times: 1 })
  // Whoever is asked first has its fault used up; two more follow.
  fleet.simulator('one').setFault('sim-chat', undefined)
  const { text } = await fleet.chat({ stream: true })
  expect(read(text)).toMatchObject({ content: expected, whole: true })
})

it('is completed by the model that is fallen back to', async () => {
  const fleet = await startFleet(
    {
      first: { backend: { models: [{ name: 'sim-chat', as: 'big' }] } },
      second: { backend: { models: [{ name: 'sim-chat', as: 'small' }] } },
    },
    {
      defaults: { retry: { attempts: 1, resume: true } },
      models: [{ name: 'big', targets: [{ backend: 'first', model: 'sim-chat' }], fallback: [{ model: 'small' }] }],
    },
  )
  const expected = read((await fleet.chat({ model: 'small', stream: true })).text).content
  fleet.simulator('first').setFault('sim-chat', { name: 'reset-mid-stream', at: 4 })
  const { text } = await fleet.chat({ model: 'big', stream: true })
  expect(read(text)).toEqual({ content: expected, ids: 1, whole: true })
  expect(fleet.records.at(-1)?.fallback).toBe('model')
})

it('ends with the error event when the other model says something else', async () => {
  const fleet = await startFleet(
    { one: LISTED, other: { backend: { models: [{ name: 'other', as: 'sim-chat' }], priority: 2 }, simulator: { models: ['other'] } } },
    RESUMED,
  )
  fleet.simulator('one').setFault('sim-chat', { name: 'fin-mid-stream', at: 3 })
  const { text } = await fleet.chat({ stream: true })
  expect(fleet.posts('other')).toHaveLength(1)
  expect(text).toMatch(/"code":"stream_interrupted"\}\}\n\n$/)
  expect(fleet.records.at(-1)?.attempts.map(({ outcome }) => outcome)).toContain('resume_mismatch')
})

it('ends with the error event when every call breaks', async () => {
  const fleet = await startFleet({ one: LISTED }, { defaults: { retry: { resume: true, attempts: 2 } } })
  fleet.simulator('one').setFault('sim-chat', { name: 'fin-mid-stream', at: 3 })
  const { text } = await fleet.chat({ stream: true })
  expect(text).toMatch(/"code":"stream_interrupted"\}\}\n\n$/)
  expect(read(text).whole).toBe(false)
  expect(fleet.posts('one')).toHaveLength(2)
  expect(fleet.records.at(-1)).toMatchObject({ code: 'stream_interrupted' })
})

it.each<[string, FaultName, object]>([
  ['answers 500', 'status', { status: 500 }],
  ['resets', 'reset-before-headers', {}],
  ['answers with HTML', 'html', {}],
  ['is rate limited', 'rate-limited', { retryAfter: '60' }],
  ['answers with a document', 'json-for-stream', {}],
])('is completed by the third when the second %s', async (_, name, parameters) => {
  const member = (priority: number) => ({ backend: { ...LISTED.backend, priority } })
  const fleet = await startFleet({ one: member(1), two: member(2), three: member(3) }, RESUMED)
  const expected = await wholeAnswer(fleet)
  fleet.simulator('one').setFault('sim-chat', { name: 'fin-mid-stream', at: 3 })
  fleet.simulator('two').setFault('sim-chat', { name, ...parameters })
  const { text } = await fleet.chat({ stream: true })
  expect(read(text)).toEqual({ content: expected, ids: 1, whole: true })
})

it('is completed by the next model of the chain when the one before breaks as well, and is not kept as an answer of the first', async () => {
  const as = (name: string) => ({ backend: { models: [{ name: 'sim-chat', as: name }] } })
  const fleet = await startFleet(
    { first: as('big'), second: as('small'), last: as('spare') },
    {
      defaults: { retry: { attempts: 1, resume: true }, cache: {} },
      models: [
        {
          name: 'big',
          targets: [{ backend: 'first', model: 'sim-chat' }],
          fallback: [{ model: 'small' }, { response: { content: 'Busy' } }, { model: 'spare' }],
        },
      ],
    },
  )
  const expected = read((await fleet.chat({ model: 'spare', stream: true })).text).content
  fleet.simulator('first').setFault('sim-chat', { name: 'status', status: 500 })
  fleet.simulator('second').setFault('sim-chat', { name: 'fin-mid-stream', at: 3 })
  expect(read((await fleet.chat({ model: 'big', stream: true })).text)).toEqual({ content: expected, ids: 1, whole: true })
  expect(fleet.records.at(-1)).toMatchObject({ fallback: 'model', status: 200 })
  expect((await fleet.chat({ model: 'big', stream: true })).headers['x-jairouter-cache']).toBe('miss')
})

it('costs its tokens though nobody completes it', async () => {
  const limits = [{ algorithm: 'token-bucket', count: 'tokens', rate: '1/h', burst: 1_000 } as const]
  const fleet = await startFleet({ one: LISTED }, { defaults: { retry: { attempts: 2, resume: true }, limits } })
  fleet.simulator('one').setFault('sim-chat', { name: 'fin-mid-stream', at: 5 })
  await fleet.chat({ stream: true, max_tokens: 100 })
  expect(fleet.records[0]?.usage).toMatchObject({ estimated: true })
  fleet.simulator('one').setFault('sim-chat', undefined)
  const left = Number((await fleet.chat({ max_tokens: 1 })).headers['x-ratelimit-remaining-tokens'])
  // A hundred are reserved for this one, with its prompt.
  expect(left).toBeLessThan(1_000 - 5)
})

it('that breaks behind its last chunk is whole', async () => {
  const fleet = await startFleet({ one: LISTED, two: LISTED }, RESUMED)
  const expected = await wholeAnswer(fleet)
  for (const id of ['one', 'two']) fleet.simulator(id).setFault('sim-chat', { name: 'no-done' })
  const { text } = await fleet.chat({ stream: true })
  expect(read(text)).toEqual({ content: expected, ids: 1, whole: true })
  expect(text.match(/"finish_reason":"stop"/g)).toHaveLength(1)
})

it('is not completed where it is not asked for', async () => {
  const fleet = await startFleet({ one: LISTED, two: LISTED }, { defaults: { balance: 'round-robin' } })
  for (const id of ['one', 'two']) fleet.simulator(id).setFault('sim-chat', { name: 'fin-mid-stream', at: 3, times: 1 })
  const { text } = await fleet.chat({ stream: true })
  expect(text).toMatch(/"code":"stream_interrupted"/)
  expect(fleet.posts('one').length + fleet.posts('two').length).toBe(1)
})

it('is whole for the official SDK, with its tokens', async () => {
  const fleet = await startFleet({ one: LISTED, two: LISTED }, RESUMED)
  const expected = await wholeAnswer(fleet)
  for (const id of ['one', 'two']) fleet.simulator(id).setFault('sim-chat', { name: 'reset-mid-stream', at: 3, times: 1 })
  const client = new OpenAI({ baseURL: `${fleet.url}/v1`, apiKey: 'none', maxRetries: 0 })
  const stream = client.chat.completions.stream({
    model: 'sim-chat',
    messages: [{ role: 'user', content: 'Say something' }],
    stream_options: { include_usage: true },
  })
  const final = await stream.finalChatCompletion()
  expect(final.choices[0]?.message.content).toBe(expected)
  expect(final.usage?.total_tokens).toBeGreaterThan(0)
})

describe('a backend that can go on from a text', () => {
  const chunk = (choice: object, id: string) =>
    `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, ...choice }] })}\n\n`
  const begins: Script = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(chunk({ delta: { role: 'assistant', content: '' }, finish_reason: null }, 'first'))
    response.write(chunk({ delta: { content: 'Once upon' }, finish_reason: null }, 'first'))
    response.end(chunk({ delta: { content: ' a' }, finish_reason: null }, 'first'))
  }
  const goesOn: Script = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(chunk({ delta: { role: 'assistant', content: ' time' }, finish_reason: null }, 'second'))
    response.end(`${chunk({ delta: {}, finish_reason: 'stop' }, 'second')}data: [DONE]\n\n`)
  }

  async function start(type: string) {
    const [one, two] = await Promise.all([begins, goesOn].map(startScripted))
    const backends = [one, two].map((server, index) => ({
      id: `b${index}`,
      type,
      url: server?.url ?? '',
      models: [{ name: 'm', priority: index + 1 }],
      health: { enabled: false },
    }))
    const { url } = await startGateway({ backends, defaults: { retry: { resume: true } } })
    return { url, bodyOfSecond: () => JSON.parse(String(two?.requests[0]?.body)) as Record<string, unknown> }
  }

  it.each(['vllm', 'sglang', 'llamacpp'])('of type %s is asked to, and its answer is the rest of the first', async (type) => {
    const { url, bodyOfSecond } = await start(type)
    const { text } = await chat(url, { model: 'm', stream: true, max_tokens: 50 })
    expect(read(text)).toEqual({ content: 'Once upon a time', ids: 1, whole: true })
    expect(text.match(/"role"/g)).toHaveLength(1)
    expect(bodyOfSecond()).toMatchObject({
      messages: [...messages, { role: 'assistant', content: 'Once upon a' }],
      max_tokens: 48,
      ...(type === 'vllm' ? { continue_final_message: true, add_generation_prompt: false } : {}),
    })
  })

  it('is asked anew where the client has begun the answer itself', async () => {
    const { url, bodyOfSecond } = await start('vllm')
    const begun = [...messages, { role: 'assistant', content: 'It was:' }]
    const { text } = await chat(url, { model: 'm', stream: true, messages: begun })
    expect(bodyOfSecond()['messages']).toEqual(begun)
    // Its answer is another one.
    expect(text).toContain('stream_interrupted')
  })
})
