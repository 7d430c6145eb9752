import { Stream } from 'openai/core/streaming'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../lib/json.ts'
import { ENDPOINT_DEFINITIONS } from '../endpoints/definitions.ts'
import { defaultAnswer } from './default-answer.ts'

const rest = { model: 'smart', content: 'Busy, "please".', id: 'chatcmpl-1', created: 1_700_000_000 }

function answerOf(id: string, fields: JsonObject, more: Partial<typeof rest> = {}) {
  const endpoint = ENDPOINT_DEFINITIONS.find((definition) => definition.id === id)
  if (endpoint === undefined) throw new Error(id)
  return defaultAnswer({ endpoint, fields, ...rest, ...more })
}

/** What the official SDK makes of the bytes: it throws on an event that is no JSON, or that holds an error. */
async function readAsClient(answer: ReturnType<typeof defaultAnswer>): Promise<unknown[]> {
  if (answer?.kind !== 'stream') throw new Error('no stream')
  const chunks: unknown[] = []
  for await (const chunk of Stream.fromSSEResponse(new Response(new Uint8Array(answer.body)), new AbortController())) chunks.push(chunk)
  return chunks
}

const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'smart' }
const zero = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }
const one = (index: number, piece: object, reason: string | null) => [{ index, ...piece, logprobs: null, finish_reason: reason }]
const ROLE = { delta: { role: 'assistant', content: '', refusal: null } }
const TEXT = { delta: { content: 'Busy, "please".' } }

describe('a chat completion', () => {
  it('whole, byte for byte', () => {
    expect(answerOf('chat', {})).toEqual({
      kind: 'json',
      body:
        '{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"smart","choices":[{"index":0,' +
        '"message":{"role":"assistant","content":"Busy, \\"please\\".","refusal":null},"logprobs":null,"finish_reason":"stop"}],' +
        '"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}',
    })
    expect(answerOf('chat', { stream: false })).toEqual(answerOf('chat', {}))
    expect(answerOf('chat', { stream: null })).toEqual(answerOf('chat', {}))
  })

  it('as a stream, byte for byte', () => {
    const head = '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"smart","choices":[{"index":0,'
    const answer = answerOf('chat', { stream: true })
    expect([answer?.kind, answer?.body.toString()]).toEqual([
      'stream',
      `data: ${head}"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}\n\n` +
        `data: ${head}"delta":{"content":"Busy, \\"please\\"."},"logprobs":null,"finish_reason":null}]}\n\n` +
        `data: ${head}"delta":{},"logprobs":null,"finish_reason":"stop"}]}\n\n` +
        'data: [DONE]\n\n',
    ])
  })

  it('as a stream that the official client reads, with usage only for who asked', async () => {
    const pieces = [one(0, ROLE, null), one(0, TEXT, null), one(0, { delta: {} }, 'stop')]
    expect(await readAsClient(answerOf('chat', { stream: true }))).toEqual(pieces.map((choices) => ({ ...chunk, choices })))
    expect(await readAsClient(answerOf('chat', { stream: true, stream_options: { include_usage: true } }))).toEqual([
      ...pieces.map((choices) => ({ ...chunk, choices, usage: null })),
      { ...chunk, choices: [], usage: zero },
    ])
  })

  it('with as many choices as were asked for', async () => {
    const whole = JSON.parse(String(answerOf('chat', { n: 2 })?.body))
    const message = { message: { role: 'assistant', content: 'Busy, "please".', refusal: null } }
    expect(whole.choices).toEqual([...one(0, message, 'stop'), ...one(1, message, 'stop')])
    expect(await readAsClient(answerOf('chat', { stream: true, n: 2 }))).toEqual(
      [0, 1]
        .flatMap((index) => [one(index, ROLE, null), one(index, TEXT, null), one(index, { delta: {} }, 'stop')])
        .map((choices) => ({ ...chunk, choices })),
    )
  })

  it('keeps text that looks like the end of an event inside of one', async () => {
    const content = 'a\n\ndata: [DONE]\n\n\u2028'
    const chunks = await readAsClient(answerOf('chat', { stream: true }, { content }))
    expect(chunks[1]).toEqual({ ...chunk, choices: one(0, { delta: { content } }, null) })
    expect(chunks.length).toBe(3)
  })
})

describe('a text completion', () => {
  const text = { id: 'chatcmpl-1', object: 'text_completion', created: 1_700_000_000, model: 'smart' }
  it('whole, for each prompt', () => {
    const answer = answerOf('completion', { prompt: ['a', 'b'] })
    const piece = { text: 'Busy, "please".' }
    expect(answer?.kind).toBe('json')
    expect(JSON.parse(String(answer?.body))).toEqual({
      ...text,
      choices: [...one(0, piece, 'stop'), ...one(1, piece, 'stop')],
      usage: zero,
    })
  })

  it('as a stream', async () => {
    const pieces = [one(0, { text: 'Busy, "please".' }, null), one(0, { text: '' }, 'stop')]
    expect(await readAsClient(answerOf('completion', { prompt: 'a', stream: true }))).toEqual(
      pieces.map((choices) => ({ ...text, choices })),
    )
    const asked = { prompt: 'a', stream: true, stream_options: { include_usage: true } }
    expect(await readAsClient(answerOf('completion', asked))).toEqual([
      ...pieces.map((choices) => ({ ...text, choices, usage: null })),
      { ...text, choices: [], usage: zero },
    ])
  })
})

describe('no default answer', () => {
  it.each(ENDPOINT_DEFINITIONS.map(({ id }) => id).filter((id) => id !== 'chat' && id !== 'completion'))('for %s', (id) => {
    expect(answerOf(id, {})).toBeUndefined()
    expect(answerOf(id, { stream: true })).toBeUndefined()
  })

  it('of any size that a client likes', () => {
    expect(JSON.parse(String(answerOf('chat', { n: 2_048 })?.body)).choices.length).toBe(2_048)
    expect(answerOf('chat', { n: 2_049 })).toBeUndefined()
    expect(answerOf('completion', { n: 1_025, prompt: ['a', 'b'], stream: true })).toBeUndefined()
    expect(answerOf('chat', { n: 1e308 })).toBeUndefined()
  })
})
