import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../lib/json.ts'
import { encodeChat } from './encode-chat.ts'
import { WITHHELD_FIELDS } from './generation-fields.ts'

const encode = (fields: JsonObject, stream = false) => encodeChat({ endpoint: 'chat', model: 'qwen3:8b', stream, fields })
const messages = [{ role: 'user', content: 'Hi' }]

describe('encodeChat', () => {
  it('always says whether it streams, and names the upstream’s model', () => {
    expect(encode({ model: 'smart', messages })).toEqual({ model: 'qwen3:8b', messages, stream: false })
    expect(encode({ model: 'smart', messages, stream: true }, true)).toEqual({ model: 'qwen3:8b', messages, stream: true })
  })

  it('translates every field that Ollama has', () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }]
    expect(
      encode({
        model: 'smart',
        messages,
        tools,
        tool_choice: 'auto',
        parallel_tool_calls: true,
        response_format: { type: 'json_object' },
        reasoning_effort: 'high',
        logprobs: true,
        top_logprobs: 3,
        max_completion_tokens: 256,
        temperature: 0.2,
        stop: 'END',
        num_ctx: 8192,
        keep_alive: '10m',
        truncate: false,
        shift: false,
        vendor: { a: 1 },
      }),
    ).toEqual({
      model: 'qwen3:8b',
      messages,
      stream: false,
      tools,
      format: 'json',
      think: 'high',
      logprobs: true,
      top_logprobs: 3,
      options: { num_predict: 256, temperature: 0.2, stop: ['END'], num_ctx: 8192 },
      keep_alive: '10m',
      truncate: false,
      shift: false,
      vendor: { a: 1 },
    })
  })

  it('lets a think of false through, and Ollama’s own words win', () => {
    expect(encode({ messages, reasoning_effort: 'none' })).toMatchObject({ think: false })
    expect(
      encode({ messages, reasoning_effort: 'low', think: true, response_format: { type: 'json_object' }, format: { type: 'object' } }),
    ).toEqual({ model: 'qwen3:8b', messages, stream: false, think: true, format: { type: 'object' } })
    expect(encode({ messages, reasoning_effort: 'low', think: null })).toMatchObject({ think: 'low' })
  })

  it('sends none of what Ollama has no use for', () => {
    const defaults = { n: 1, best_of: 1, echo: false, logit_bias: {}, modalities: ['text'], functions: [], function_call: 'auto' }
    const refusedAlways = new Set(['audio', 'web_search_options', 'moderation'])
    const notes = Object.fromEntries(WITHHELD_FIELDS.filter((name) => !refusedAlways.has(name)).map((name) => [name, 'x']))
    expect(encode({ messages, ...notes, ...defaults })).toEqual({ model: 'qwen3:8b', messages, stream: false })
  })

  it('refuses what Ollama can not do', () => {
    expect(() => encode({ messages, n: 2 })).toThrow(expect.objectContaining({ name: 'CodecRefusal', param: 'n' }))
  })

  it('does not touch the client’s fields', () => {
    const fields = { model: 'smart', messages, tools: [{ type: 'function', function: { name: 'f', strict: true } }], stop: 'a' }
    const before = structuredClone(fields)
    encode(fields)
    expect(fields).toEqual(before)
  })
})
