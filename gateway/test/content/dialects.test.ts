import Anthropic from '@anthropic-ai/sdk'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { answerJson } from '../support/scripted-server.ts'
import { answering, chunk, chunksOf, FORBIDDEN, SECRET, sse, startGuarded, streaming } from './guarded.ts'

const [FIRST, REST] = [SECRET.slice(0, 9), SECRET.slice(9)]

function named(...events: readonly ({ readonly type: string } & Readonly<Record<string, unknown>>)[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}

/** A message as Anthropic streams it, its text in these pieces. */
function messageOf(pieces: readonly string[]): string {
  return named(
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 3, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...pieces.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 5 } },
    { type: 'message_stop' },
  )
}

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [
    { type: 'text', text: `to ${SECRET}` },
    { type: 'tool_use', id: 't', name: 'send', input: { to: SECRET } },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 5 },
}

function claude(url: string): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: 'none', maxRetries: 0 })
}

describe('messages of Anthropic', () => {
  const params = { model: 'm', max_tokens: 10, messages: [{ role: 'user' as const, content: 'hello' }] }

  it('go to a backend of the same dialect masked, and beside that as they were', async () => {
    const { url, server, records } = await startGuarded((_request, response) => answerJson(response, MESSAGE), {
      backend: { type: 'anthropic' },
    })
    const body = (mail: string) =>
      `{"model":"m", "max_tokens":10,"system":"for ${mail}","messages":[{"role":"user","content":[{"type":"text","text":"I am ${mail}","cache_control":{"type":"ephemeral"}}]},` +
      `{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"send","input":{"name":"${mail}","n":1.0}}]},` +
      `{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"sent to ${mail}"}]}],"top_k":5}`
    const response = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: body(SECRET),
    })
    expect(await response.json()).toMatchObject({
      type: 'message',
      content: [
        { type: 'text', text: 'to [email]' },
        { type: 'tool_use', id: 't', name: 'send', input: { to: '[email]' } },
      ],
      stop_reason: 'tool_use',
    })
    const [sent] = server.requests
    expect(sent?.body.toString()).not.toContain('canary')
    expect(JSON.parse(sent?.body.toString() ?? '')).toMatchObject({ model: 'm', max_tokens: 10, top_k: 5 })
    expect(records[0]?.content?.map(({ where, rule, count }) => [where, rule, count])).toEqual([
      ['request', 'mail', 4],
      ['request', 'seen', 4],
      ['answer', 'mail', 2],
      ['answer', 'seen', 2],
    ])
  })

  it('pass as bytes where rules hold for requests alone', async () => {
    const { url, server } = await startGuarded((_request, response) => answerJson(response, MESSAGE), {
      backend: { type: 'anthropic' },
      contentRules: [{ name: 'mail', match: { builtin: 'email' }, on: ['request'], action: 'mask' }],
      defaults: { content: ['mail'] },
    })
    const body = (mail: string) =>
      `{"model":"m", "max_tokens":1.0e1,"messages":[{"role":"user","content":"I am ${mail}"}],"vendor":{"x":"${mail}"}}`
    const response = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: body(SECRET),
    })
    expect(server.requests[0]?.body.toString()).toBe(body('[email]'))
    expect(await response.json()).toEqual(MESSAGE)
  })

  it.each(['anthropic', 'openai-compatible'])('are streamed masked from %s, for the official client', async (type) => {
    let cut = 0
    const { url } = await startGuarded(
      (request, response) => {
        const pieces = [`write to ${SECRET.slice(0, cut)}`, SECRET.slice(cut), ' soon']
        streaming(type === 'anthropic' ? messageOf(pieces) : chunksOf(pieces))(request, response)
      },
      { backend: { type } },
    )
    for (cut = 0; cut <= SECRET.length; cut += 3) {
      const stream = claude(url).messages.stream(params)
      const deltas: string[] = []
      stream.on('text', (piece) => void deltas.push(piece))
      const message = await stream.finalMessage()
      expect(message.content).toEqual([expect.objectContaining({ type: 'text', text: 'write to [email] soon' })])
      expect(message.stop_reason).toBe('end_turn')
      expect(deltas.join('')).toBe('write to [email] soon')
    }
  })

  it('tell thinking, text and calls in their order', async () => {
    const pieces = [
      chunk({ role: 'assistant', content: '' }),
      chunk({ reasoning_content: `of ${FIRST}` }),
      chunk({ reasoning_content: REST }),
      chunk({ content: `to ${FIRST}` }),
      chunk({ content: REST }),
      chunk({ tool_calls: [{ index: 0, id: 't', type: 'function', function: { name: 'send', arguments: `{"to":"${FIRST}` } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: `${REST}"}` } }] }),
      chunk({}, { finish_reason: 'tool_calls' }),
      '[DONE]',
    ]
    const { url } = await startGuarded(streaming(pieces.map(sse).join('')))
    const message = await claude(url)
      .messages.stream({ ...params, thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 2000 })
      .finalMessage()
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'of [email]' },
      { type: 'text', text: 'to [email]' },
      { type: 'tool_use', id: 't', name: 'send', input: { to: '[email]' } },
    ])
  })

  it.each(['anthropic', 'openai-compatible'])('are blocked in the words of the dialect: %s', async (type) => {
    const pieces = ['a beginning, ', `${FORBIDDEN} `]
    const { url } = await startGuarded(streaming(type === 'anthropic' ? messageOf(pieces) : chunksOf(pieces)), { backend: { type } })
    const { text } = await ask(`${url}/v1/messages`, { body: { ...params, stream: true } })
    expect(text).toContain('a beginning')
    expect(text).toContain(
      'event: error\ndata: {"type":"error","error":{"type":"invalid_request_error","message":"The answer was blocked by the content rule',
    )
    expect(text).not.toContain('message_stop')
    expect(text).not.toContain(FORBIDDEN)
    const refused = await ask(`${url}/v1/messages`, { body: { ...params, system: FORBIDDEN } })
    expect(refused.status).toBe(400)
    expect(JSON.parse(refused.text)).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', details: { error_code: 'content_blocked' } },
    })
  })
})

describe('chats of Ollama', () => {
  const line = (value: object) => `${JSON.stringify({ model: 'm', created_at: '2026-01-01T00:00:00Z', ...value })}\n`
  const native = [FIRST, REST, ' soon'].map((content) => line({ message: { role: 'assistant', content }, done: false })).join('')
  const end = line({ message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 5 })

  it.each(['ollama', 'ollama-native', 'openai-compatible'])('streamed from %s', async (type) => {
    const { url, server } = await startGuarded(
      type === 'openai-compatible'
        ? streaming(chunksOf([FIRST, REST, ' soon']))
        : (request, response) =>
            request.path.startsWith('/v1/')
              ? streaming(chunksOf([FIRST, REST, ' soon']))(request, response)
              : streaming(native + end, 'application/x-ndjson')(request, response),
      { backend: { type } },
    )
    const client = new Ollama({ host: url })
    let text = ''
    let done = false
    for await (const part of await client.chat({ model: 'm', stream: true, messages: [{ role: 'user', content: `I am ${SECRET}` }] })) {
      text += part.message.content
      done = part.done
    }
    expect(text).toBe('[email] soon')
    expect(done).toBe(true)
    expect(server.requests[0]?.body.toString()).toContain('I am [email]')
    expect(server.requests[0]?.body.toString()).not.toContain('canary')
  })

  it('whole, with arguments that are no text', async () => {
    const { url, server } = await startGuarded(
      (_request, response) =>
        answerJson(response, {
          model: 'm',
          message: { role: 'assistant', content: SECRET, tool_calls: [{ function: { name: 'f', arguments: { name: SECRET } } }] },
          done: true,
          done_reason: 'stop',
        }),
      { backend: { type: 'ollama-native' } },
    )
    const answer = await new Ollama({ host: url }).chat({
      model: 'm',
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: '', tool_calls: [{ function: { name: 'f', arguments: { name: SECRET, type: SECRET } } }] },
        { role: 'tool', content: SECRET },
      ],
    })
    expect(answer.message).toMatchObject({ content: '[email]', tool_calls: [{ function: { name: 'f', arguments: { name: '[email]' } } }] })
    expect(server.requests[0]?.body.toString()).not.toContain('canary')
  })

  it('that are blocked', async () => {
    const { url } = await startGuarded(streaming(chunksOf(['a beginning, ', `${FORBIDDEN} `])))
    const { text } = await ask(`${url}/api/chat`, { body: { model: 'm', messages: [{ role: 'user', content: 'x' }] } })
    const lines = text
      .trim()
      .split('\n')
      .map((each): unknown => JSON.parse(each))
    expect(lines.at(-1)).toEqual({ error: expect.stringContaining('blocked by the content rule "stop"') })
    expect(text).toContain('a beginning')
    expect(text).not.toContain('"done":true')
  })
})

describe('responses', () => {
  it('whole and streamed', async () => {
    const { url, server } = await startGuarded((request, response) =>
      (request.body.includes('"stream":true') ? streaming(chunksOf([FIRST, REST])) : answering({ content: SECRET }))(request, response),
    )
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
    const whole = await client.responses.create({ model: 'm', instructions: `for ${SECRET}`, input: `I am ${SECRET}` })
    expect(whole.output_text).toBe('[email]')
    const next = await client.responses.create({ model: 'm', previous_response_id: whole.id, input: 'and now?' })
    expect(next.output_text).toBe('[email]')
    let text = ''
    for await (const event of await client.responses.create({ model: 'm', input: SECRET, stream: true }))
      if (event.type === 'response.output_text.delta') text += event.delta
    expect(text).toBe('[email]')
    for (const { body } of server.requests) expect(body.toString()).not.toContain('canary')
  })
})
