import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../lib/json.ts'
import { CodecRefusal } from '../codec.ts'
import { encodeChat } from './chat-request.ts'

const MESSAGES = [{ role: 'user', content: 'Hi' }]
const encode = (fields: JsonObject, stream = false) =>
  encodeChat({ endpoint: 'chat', model: 'command-a', stream, fields: { model: 'public', messages: MESSAGES, ...fields } })

const PLAIN = { model: 'command-a', messages: MESSAGES, stream: false }

describe('encodeChat', () => {
  it('says the upstream name of the model and whether to stream', () => {
    expect(encode({})).toEqual(PLAIN)
    expect(encode({ stream: true, stream_options: { include_usage: true } }, true)).toEqual({ ...PLAIN, stream: true })
  })

  it.each<[string, JsonObject, JsonObject]>([
    ['max_tokens', { max_tokens: 5 }, { max_tokens: 5 }],
    ['max_completion_tokens', { max_completion_tokens: 6 }, { max_tokens: 6 }],
    ['both, the newer wins', { max_tokens: 5, max_completion_tokens: 6 }, { max_tokens: 6 }],
    ['the newer one null', { max_tokens: 5, max_completion_tokens: null }, { max_tokens: 5 }],
    ['top_p', { top_p: 0.5 }, { p: 0.5 }],
    ['top_p at its upper bound', { top_p: 1 }, { p: 0.99 }],
    ['top_p at its lower bound', { top_p: 0 }, { p: 0.01 }],
    ['top_p above, for Cohere to refuse', { top_p: 1.5 }, { p: 1.5 }],
    ['top_p below, for Cohere to refuse', { top_p: -1 }, { p: -1 }],
    ['top_p of a wrong type', { top_p: 'x' }, { p: 'x' }],
    ['top_k', { top_k: 40 }, { k: 40 }],
    ['a stop', { stop: 'END' }, { stop_sequences: ['END'] }],
    ['stops', { stop: ['a', 'b'] }, { stop_sequences: ['a', 'b'] }],
    ['temperature', { temperature: 0.3 }, { temperature: 0.3 }],
    ['seed', { seed: 7 }, { seed: 7 }],
    ['frequency_penalty', { frequency_penalty: 0.1 }, { frequency_penalty: 0.1 }],
    ['presence_penalty', { presence_penalty: 0.2 }, { presence_penalty: 0.2 }],
    ['logprobs', { logprobs: true, top_logprobs: 0 }, { logprobs: true }],
    ['no logprobs', { logprobs: false }, {}],
    ['reasoning_effort none', { reasoning_effort: 'none' }, { thinking: { type: 'disabled' } }],
    ['reasoning_effort low', { reasoning_effort: 'low' }, { thinking: { type: 'enabled' } }],
    ['text', { response_format: { type: 'text' } }, { response_format: { type: 'text' } }],
    ['JSON', { response_format: { type: 'json_object' } }, { response_format: { type: 'json_object' } }],
    [
      'a schema',
      { response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema: { type: 'object' } } } },
      { response_format: { type: 'json_object', json_schema: { type: 'object' } } },
    ],
    [
      'a schema without one',
      { response_format: { type: 'json_schema', json_schema: { name: 'x' } } },
      { response_format: { type: 'json_object' } },
    ],
    ['one choice, which is what comes', { n: 1 }, {}],
    ['text only, which is what comes', { modalities: ['text'] }, {}],
    [
      'nulls',
      {
        max_tokens: null,
        top_p: null,
        temperature: null,
        stop: null,
        n: null,
        tools: null,
        response_format: null,
        reasoning_effort: null,
        functions: null,
      },
      {},
    ],
    [
      'fields without a counterpart',
      {
        logit_bias: { 5: 1 },
        user: 'u',
        parallel_tool_calls: false,
        metadata: { a: 'b' },
        store: true,
        service_tier: 'auto',
        prompt_cache_key: 'k',
        prompt_cache_options: {},
        prompt_cache_retention: '24h',
        safety_identifier: 's',
        prediction: { type: 'content', content: 'x' },
        verbosity: 'low',
      },
      {},
    ],
    [
      "Cohere's own words",
      { documents: ['d'], citation_options: { mode: 'fast' }, safety_mode: 'STRICT', priority: 3, brand_new: 1 },
      { documents: ['d'], citation_options: { mode: 'fast' }, safety_mode: 'STRICT', priority: 3, brand_new: 1 },
    ],
    [
      "Cohere's own words beside OpenAI's",
      {
        top_p: 0.5,
        p: 0.6,
        top_k: 1,
        k: 2,
        stop: 'a',
        stop_sequences: ['b'],
        reasoning_effort: 'low',
        thinking: { type: 'enabled', token_budget: 9 },
      },
      { p: 0.6, k: 2, stop_sequences: ['b'], thinking: { type: 'enabled', token_budget: 9 } },
    ],
    [
      'tools',
      { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: true } }], tool_choice: 'required' },
      {
        tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
        tool_choice: 'REQUIRED',
        strict_tools: true,
      },
    ],
    [
      'strict_tools in its own words',
      { tools: [{ type: 'function', function: { name: 'f', parameters: {}, strict: true } }], strict_tools: false },
      { tools: [{ type: 'function', function: { name: 'f', parameters: {} } }], strict_tools: false },
    ],
  ])('%s', (_name, fields, expected) => {
    expect(encode(fields)).toEqual({ ...PLAIN, ...expected })
  })

  it.each<[string, JsonObject]>([
    ['n', { n: 2 }],
    ['top_logprobs', { logprobs: true, top_logprobs: 1 }],
    ['modalities', { modalities: ['text', 'audio'] }],
    ['modalities', { modalities: 'text' }],
    ['functions', { functions: [] }],
    ['function_call', { function_call: 'auto' }],
    ['web_search_options', { web_search_options: {} }],
    ['moderation', { moderation: {} }],
    ['audio', { audio: { voice: 'x' } }],
    ['response_format.json_schema', { response_format: { type: 'json_schema' } }],
    ['messages', { messages: 'Hi' }],
    ['tool_choice', { tool_choice: 'required' }],
  ])('refuses %s', (param, fields) => {
    expect(refusal(() => encode(fields))).toBe(param)
  })
})

function refusal(act: () => unknown): string | undefined {
  try {
    act()
  } catch (error) {
    if (error instanceof CodecRefusal) return error.param
    throw error
  }
  return undefined
}
