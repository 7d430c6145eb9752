import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/lib/json.ts'
import { hearStream, hearWhole } from './answer-reader.ts'
import { startDouble, type Reply, type WireName } from './double.ts'
import { exchange } from './exchange.ts'
import { REQUESTS } from './requests.ts'

/** What one wire does that the others don't. */
async function say(wire: WireName, reply: Reply, { body = {}, stream = false }: { body?: JsonObject; stream?: boolean } = {}) {
  const double = await startDouble(wire)
  double.reply(reply)
  const request = REQUESTS[wire]
  return exchange(double.url + request.path(stream), { body: { ...request.body(stream), ...body }, headers: request.headers })
}

const message = (more: Partial<Extract<Reply, { kind: 'message' }>> = {}): Reply => ({
  kind: 'message',
  stop: 'end',
  usage: { input: 2, output: 1 },
  ...more,
})

const error = (status: Extract<Reply, { kind: 'error' }>['status'], retryAfterSeconds?: number): Reply => ({
  kind: 'error',
  status,
  message: 'no',
  ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
})

describe('openai', () => {
  const tools = [{ type: 'function', function: { name: 'look', parameters: {} } }]
  const call = message({ stop: 'tools', toolCalls: [{ id: 'c', name: 'look', arguments: {} }] })

  it('counts a stream only for who asks', async () => {
    const { text } = await say('openai', message({ text: 'x' }), { stream: true, body: { stream_options: undefined } })
    expect(text).not.toContain('usage')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(hearStream('openai', text)).toMatchObject({ text: 'x', finish: 'stop', usage: undefined, complete: true })
  })

  it('pads every chunk for who asks', async () => {
    const options = { include_usage: true, include_obfuscation: true }
    const { text } = await say('openai', message({ text: 'x' }), { stream: true, body: { stream_options: options } })
    expect(text.match(/"obfuscation":"x7Q"/g)).toHaveLength(4)
  })

  it('says `stop` with the call of a tool that was named', async () => {
    const named = { type: 'function', function: { name: 'look' } }
    const { text } = await say('openai', call, { body: { tools, tool_choice: named } })
    expect(hearWhole('openai', text)).toMatchObject({ finish: 'stop', toolCalls: [{ id: 'c', name: 'look', arguments: '{}' }] })
    expect(hearWhole('openai', (await say('openai', call, { body: { tools, tool_choice: 'required' } })).text).finish).toBe('tool_calls')
  })

  it('has null for the content of an answer that only calls', async () => {
    expect(JSON.parse((await say('openai', call, { body: { tools } })).text).choices[0].message.content).toBeNull()
    expect((await say('openai', call, { body: { tools }, stream: true })).text).toContain(
      '{"role":"assistant","content":null,"refusal":null}',
    )
    expect((await say('openai', message(), { stream: true })).text).toContain('{"role":"assistant","content":"","refusal":null}')
  })

  it('has the headers of OpenAI', async () => {
    expect((await say('openai', message())).headers).toMatchObject({ 'x-request-id': 'req_1', 'x-ratelimit-remaining-requests': '9999' })
  })
})

describe('ollama', () => {
  it('streams unless told not to', async () => {
    const { text, headers } = await say('ollama', message({ text: 'x' }), { body: { stream: undefined } })
    expect(headers['content-type']).toBe('application/x-ndjson')
    expect(text.split('\n')).toHaveLength(3)
  })

  it('leaves out counts of zero', async () => {
    for (const stream of [true, false]) {
      const { text } = await say('ollama', message({ usage: { input: 0, output: 0 } }), { stream })
      expect(text).not.toContain('eval_count')
      expect(text).toContain('"prompt_eval_duration":342546000')
    }
  })

  it.each([
    ['load', undefined],
    ['load', 1],
    ['unload', 0],
  ])('does nothing but %s without messages', async (reason, keepAlive) => {
    const done = { message: { role: 'assistant', content: '' }, done: true, done_reason: reason }
    for (const stream of [true, false]) {
      const { text } = await say('ollama', message({ text: 'x' }), { stream, body: { messages: [], keep_alive: keepAlive } })
      expect(JSON.parse(text)).toEqual({ model: 'm', created_at: '2026-08-21T10:00:00.000001Z', ...done })
    }
  })
})

describe('anthropic', () => {
  it('says which stop sequence it was', async () => {
    const reply = message({ text: 'x', stop: 'stop-sequence' })
    expect(JSON.parse((await say('anthropic', reply)).text)).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' })
    const streamed = (await say('anthropic', reply, { stream: true })).text
    expect(streamed).toContain('"delta":{"stop_reason":"stop_sequence","stop_sequence":"END"}')
    const without = await say('anthropic', reply, { body: { stop_sequences: undefined } })
    expect(JSON.parse(without.text)).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: null })
  })

  it('streams an answer without content', async () => {
    const { text } = await say('anthropic', message(), { stream: true })
    expect(text.match(/^event: \w+$/gm)).toEqual(['event: message_start', 'event: ping', 'event: message_delta', 'event: message_stop'])
  })
})

describe('gemini', () => {
  const body = REQUESTS.gemini
  const array = async (reply: Reply) => {
    const double = await startDouble('gemini')
    double.reply(reply)
    return exchange(`${double.url}/v1beta/models/m:streamGenerateContent`, { body: body.body(true), headers: body.headers })
  }

  it('streams one JSON array without alt=sse', async () => {
    const { text, headers } = await array(message({ text: 'abc' }))
    expect(headers['content-type']).toBe('application/json; charset=UTF-8')
    const frames: { candidates: { content: { parts: { text: string }[] } }[] }[] = JSON.parse(text)
    expect(frames.map(({ candidates }) => candidates[0]?.content.parts[0]?.text)).toEqual(['ab', 'c', ''])
  })

  it('errs in an array there', async () => {
    expect(JSON.parse((await array(error(503))).text)).toEqual([{ error: { code: 503, message: 'no', status: 'UNAVAILABLE' } }])
    const broken: unknown[] = JSON.parse((await array({ kind: 'error-in-stream', text: 'ab', message: 'no' })).text)
    expect(broken.at(-1)).toEqual({ error: { code: 503, message: 'no', status: 'UNAVAILABLE' } })
    expect(broken).toHaveLength(2)
    expect((await array({ kind: 'cut', text: 'ab', how: 'eof' })).text.endsWith(']')).toBe(false)
  })

  it('has no candidate when the prompt was blocked', async () => {
    const usageMetadata = { promptTokenCount: 2, candidatesTokenCount: 1, totalTokenCount: 3 }
    const blocked = { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata, modelVersion: 'm', responseId: 'response-1' }
    const reply = message({ stop: 'refusal' })
    expect(JSON.parse((await say('gemini', reply)).text)).toEqual(blocked)
    expect((await say('gemini', reply, { stream: true })).text).toBe(`data: ${JSON.stringify(blocked)}\r\n\r\n`)
  })

  it('has content without parts when the limit came before any text', async () => {
    const candidates = [{ content: { role: 'model' }, finishReason: 'MAX_TOKENS', index: 0 }]
    for (const stream of [true, false]) {
      const { text } = await say('gemini', message({ stop: 'length' }), { stream })
      expect(JSON.parse(text.replace(/^data: /, ''))).toMatchObject({ candidates })
    }
  })

  it('signs the empty last part of an answer that was thought over', async () => {
    const { text } = await say('gemini', message({ reasoning: 'Hm', text: 'x' }), { stream: true })
    expect(text.trimEnd().split('\r\n\r\n').at(-1)).toContain(
      '{"parts":[{"text":"","thoughtSignature":"EpEgCo4gAdouble=="}],"role":"model"}',
    )
    expect((await say('gemini', message({ text: 'x' }), { stream: true })).text).not.toContain('thoughtSignature')
  })
})

describe('cohere', () => {
  it('thinks in content of its own when it calls nothing', async () => {
    const reply = message({ reasoning: 'Hm', text: 'x' })
    const content = [
      { type: 'thinking', thinking: 'Hm' },
      { type: 'text', text: 'x' },
    ]
    expect(JSON.parse((await say('cohere', reply)).text).message).toEqual({ role: 'assistant', content })
    const { text } = await say('cohere', reply, { stream: true })
    expect(text).toContain('{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}')
    expect(text).toContain('{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"Hm"}}}}')
    expect(text).toContain('{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":""}}}}')
    expect(text).not.toContain('tool-plan-delta')
  })

  it('has no content in an answer that only calls', async () => {
    const calls = [{ id: 'c', name: 'look', arguments: { a: 1 } }]
    const { text } = await say('cohere', message({ stop: 'tools', toolCalls: calls }))
    const tool_calls = [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{"a":1}' } }]
    expect(JSON.parse(text)).toMatchObject({
      message: { role: 'assistant', tool_calls },
      usage: { billed_units: { input_tokens: 1, output_tokens: 1 } },
    })
    expect(JSON.parse(text).message).not.toHaveProperty('content')
  })

  it('ends a stream that failed with ERROR', async () => {
    const { text } = await say('cohere', { kind: 'error-in-stream', text: 'x', message: 'no' }, { stream: true })
    expect(text.endsWith('event: message-end\ndata: {"type":"message-end","delta":{"error":"no","finish_reason":"ERROR"}}\n\n')).toBe(true)
  })
})
