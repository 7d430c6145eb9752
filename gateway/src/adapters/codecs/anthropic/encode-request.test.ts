import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../lib/json.ts'
import { anthropicCodec } from './anthropic.ts'
import { ADAPTIVE_MODEL, BUDGET_MODEL, callOf, OLD_MODEL, refusedParam, UNFORCED_MODEL, WEATHER } from './fixtures/calls.ts'

const body = (fields: JsonObject, model = BUDGET_MODEL) => anthropicCodec.encode(callOf(fields, { model })).body
const hello = [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }]
const tool = { name: 'get_weather', description: 'Tells the weather', input_schema: WEATHER.function.parameters }
const base = { model: BUDGET_MODEL, messages: hello, max_tokens: 32_000 }
const schemaFormat = { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object', properties: {} } } }

describe('encode', () => {
  it('writes the least that is needed', () => {
    expect(anthropicCodec.encode(callOf({}))).toEqual({
      path: '/v1/messages',
      headers: { 'anthropic-version': '2023-06-01' },
      body: base,
    })
  })

  it('asks for a stream as the call says', () => {
    expect(anthropicCodec.encode(callOf({ stream: false, stream_options: { include_usage: true } }, { stream: true })).body).toEqual({
      ...base,
      stream: true,
    })
  })

  it('writes all that has an equal', () => {
    expect(
      body({
        messages: [
          { role: 'system', content: 'Be brief' },
          { role: 'user', content: 'Hello' },
        ],
        max_completion_tokens: 2000,
        max_tokens: 100,
        temperature: 1.5,
        stop: ['a', 'b'],
        user: 'u-1',
        service_tier: 'auto',
        tools: [WEATHER],
        tool_choice: 'required',
        parallel_tool_calls: false,
        response_format: { type: 'json_object' },
        output_config: { task_budget: 1 },
        seed: 1,
        store: true,
        prompt_cache_key: 'k',
        verbosity: 'low',
        prediction: {},
        unknown: 1,
      }),
    ).toEqual({
      model: BUDGET_MODEL,
      system: [
        { type: 'text', text: 'Be brief' },
        { type: 'text', text: 'Answer with one valid JSON object and nothing else: no introduction, no code fence.' },
      ],
      messages: hello,
      max_tokens: 2000,
      temperature: 1,
      stop_sequences: ['a', 'b'],
      metadata: { user_id: 'u-1' },
      service_tier: 'auto',
      tools: [tool],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      output_config: { task_budget: 1 },
    })
  })

  it('passes fields of Anthropic’s own', () => {
    const own = {
      cache_control: { type: 'ephemeral' },
      container: 'c',
      context_management: { edits: [] },
      diagnostics: {},
      inference_geo: 'eu',
      mcp_servers: [],
      speed: 'fast',
      user_profile_id: 'p',
    }
    expect(body(own)).toEqual({ ...base, ...own })
  })

  it('does not change the client’s fields', () => {
    const fields = Object.freeze({ model: 'public', messages: Object.freeze([Object.freeze({ role: 'user', content: 'Hello' })]) })
    expect(anthropicCodec.encode({ endpoint: 'chat', model: BUDGET_MODEL, stream: false, fields }).body).toEqual(base)
  })
})

describe('max_tokens', () => {
  it.each([
    [{}, BUDGET_MODEL, 32_000],
    [{}, OLD_MODEL, 8192],
    [{ max_tokens: 7 }, OLD_MODEL, 7],
    [{ max_completion_tokens: null, max_tokens: 7 }, OLD_MODEL, 7],
    [{ max_completion_tokens: null, max_tokens: null }, OLD_MODEL, 8192],
    [{ thinking: { type: 'enabled', budget_tokens: 27_904 } }, BUDGET_MODEL, 32_000],
    [{ thinking: { type: 'enabled', budget_tokens: 27_905 } }, BUDGET_MODEL, 32_001],
    [{ thinking: { type: 'enabled', budget_tokens: 'x' } }, BUDGET_MODEL, 32_000],
  ])('of %j at %s is %d', (fields, model, tokens) => expect(body(fields, model)['max_tokens']).toBe(tokens))
})

describe('thinking', () => {
  it('takes the place of sampling', () => {
    expect(body({ reasoning_effort: 'high', max_tokens: 10_000, temperature: 0, top_p: 1 })).toEqual({
      ...base,
      max_tokens: 10_000,
      thinking: { type: 'enabled', budget_tokens: 8000 },
    })
  })

  it('stands beside an effort and a format', () => {
    expect(
      body({ reasoning_effort: 'high', response_format: schemaFormat, output_config: { effort: 'low', other: 1 } }, ADAPTIVE_MODEL),
    ).toEqual({
      ...base,
      model: ADAPTIVE_MODEL,
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: {
        other: 1,
        effort: 'high',
        format: { type: 'json_schema', schema: { type: 'object', properties: {}, additionalProperties: false } },
      },
    })
  })

  it('yields to a forced call, and to a loop that began without it', () => {
    const wish = { reasoning_effort: 'high', tools: [WEATHER] }
    const loop = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: null, tool_calls: [{ id: 'x', type: 'function', function: { name: 'get_weather', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'x', content: 'r' },
    ]
    expect(body(wish)).toHaveProperty('thinking')
    expect(body({ ...wish, tool_choice: 'required' })).not.toHaveProperty('thinking')
    expect(body({ ...wish, tool_choice: { type: 'function', function: { name: 'get_weather' } } })).not.toHaveProperty('thinking')
    expect(body({ ...wish, messages: loop })).not.toHaveProperty('thinking')
    expect(body({ ...wish, tool_choice: 'required' }, UNFORCED_MODEL)).toHaveProperty('thinking')
  })

  it('yields to an answer that must come as a call', () => {
    expect(body({ reasoning_effort: 'high', response_format: schemaFormat }, 'claude-sonnet-4-0')).toEqual({
      ...base,
      model: 'claude-sonnet-4-0',
      tools: [
        {
          name: 'answer_as_json',
          description: 'Takes the final answer. Call it in place of answering in text.',
          input_schema: { type: 'object', properties: {} },
        },
      ],
      tool_choice: { type: 'tool', name: 'answer_as_json' },
    })
  })
})

it('tells a model to call that can’t be forced', () => {
  const told = [{ type: 'text', text: 'Do not answer in text: call at least one of the tools.' }]
  expect(body({ tools: [WEATHER], tool_choice: 'required' }, UNFORCED_MODEL)).toEqual({
    ...base,
    model: UNFORCED_MODEL,
    system: told,
    tools: [tool],
    tool_choice: { type: 'auto' },
  })
})

describe('stop', () => {
  it.each([
    ['x', { stop_sequences: ['x'] }],
    [['x', 'y'], { stop_sequences: ['x', 'y'] }],
    ['', {}],
    [['', 'x', ''], { stop_sequences: ['x'] }],
    [' x\n', { stop_sequences: [' x\n'] }],
    [[], {}],
    [null, {}],
  ])('%j', (stop, written) => expect(body({ stop })).toEqual({ ...base, ...written }))
})

describe('the account', () => {
  it.each([
    [{ user: 'u' }, { metadata: { user_id: 'u' } }],
    [{ safety_identifier: 's' }, { metadata: { user_id: 's' } }],
    [{ metadata: { user_id: 'm', other: 1 } }, { metadata: { user_id: 'm' } }],
    [{ user: '', safety_identifier: 's', metadata: { user_id: 'm' } }, { metadata: { user_id: 's' } }],
    [{ user: 'u', safety_identifier: 's' }, { metadata: { user_id: 'u' } }],
    [{ metadata: { order: '7' } }, {}],
    [{ metadata: 'x', user: 7 }, {}],
    [{ user: 'ada@example.com' }, {}],
    [{ user: '+49 (30) 123-456' }, {}],
    [{ user: '1234567' }, {}],
    [{ user: '123456' }, { metadata: { user_id: '123456' } }],
    [{ user: 'a 1234567' }, { metadata: { user_id: 'a 1234567' } }],
    [{ user: '@ada' }, { metadata: { user_id: '@ada' } }],
    [{ service_tier: 'auto' }, { service_tier: 'auto' }],
    [{ service_tier: 'priority' }, { service_tier: 'auto' }],
    [{ service_tier: 'default' }, { service_tier: 'standard_only' }],
    [{ service_tier: 'standard_only' }, { service_tier: 'standard_only' }],
    [{ service_tier: 'flex' }, {}],
    [{ service_tier: null }, {}],
  ])('%j', (fields, written) => expect(body(fields)).toEqual({ ...base, ...written }))
})

describe('refusals', () => {
  it.each([
    ['n', { n: 2 }],
    ['n', { n: 0 }],
    ['logprobs', { logprobs: true }],
    ['top_logprobs', { top_logprobs: 1 }],
    ['logit_bias', { logit_bias: { 7: 1 } }],
    ['frequency_penalty', { frequency_penalty: 0.1 }],
    ['presence_penalty', { presence_penalty: -0.1 }],
    ['modalities', { modalities: ['text', 'audio'] }],
    ['functions', { functions: [{ name: 'f' }] }],
    ['web_search_options', { web_search_options: {} }],
    ['audio', { audio: { voice: 'alloy' } }],
    ['moderation', { moderation: {} }],
    ['function_call', { function_call: { name: 'f' } }],
    ['messages', { messages: undefined }],
    ['max_completion_tokens', { max_completion_tokens: '7' }],
    ['max_tokens', { max_tokens: '7' }],
    ['stop', { stop: 7 }],
    ['stop', { stop: ['a', 7] }],
    ['stop', { stop: '\n' }],
    ['stop[1]', { stop: ['a', ' \t\n', '\n'] }],
    ['stop[2]', { stop: ['', 'a', '\n'] }],
    ['temperature', { temperature: 'hot' }],
    ['reasoning_effort', { reasoning_effort: 'huge' }],
    ['response_format.type', { response_format: { type: 'xml' } }],
    ['tools', { tools: 'x' }],
    ['tool_choice', { tool_choice: 'required' }],
  ])('%s in %j', (param, fields) => expect(refusedParam(() => body(fields))).toBe(param))

  it('passes what asks for nothing', () => {
    const idle = {
      n: 1,
      logprobs: false,
      top_logprobs: 0,
      logit_bias: {},
      frequency_penalty: 0,
      presence_penalty: 0,
      modalities: ['text'],
      functions: [],
      web_search_options: null,
      audio: null,
      moderation: null,
      function_call: 'auto',
    }
    expect(body(idle)).toEqual(base)
    expect(body(Object.fromEntries(Object.keys(idle).map((key) => [key, null])))).toEqual(base)
  })

  it.each(['completion', 'embedding', 'rerank'] as const)('has no endpoint for %s', (endpoint) => {
    expect(refusedParam(() => anthropicCodec.encode(callOf({}, { endpoint })))).toBe('model')
    expect(() => anthropicCodec.encode(callOf({}, { endpoint }))).toThrow(`The backend of this model has no endpoint for ${endpoint}`)
  })
})
