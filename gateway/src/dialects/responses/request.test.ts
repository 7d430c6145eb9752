import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { toCanonical } from './request.ts'

const MESSAGES = [{ role: 'user', content: 'Hi' }]
const translated = (fields: JsonObject) => toCanonical({ model: 'm', input: 'Hi', ...fields })
const only = (fields: JsonObject) => {
  const { model, messages, ...rest } = translated(fields)
  expect([model, messages]).toEqual(['m', MESSAGES])
  return rest
}
const refusal = (fields: JsonObject) => {
  try {
    translated(fields)
  } catch (error) {
    if (error instanceof GatewayError) return { code: error.code, param: error.param, named: error.message.includes(`"${error.param}"`) }
    throw error
  }
  return undefined
}

describe('toCanonical', () => {
  it('asks for nothing by itself', () => {
    expect(translated({})).toEqual({ model: 'm', messages: MESSAGES })
  })

  it('leaves alone what a chat completion has too, and what it does not know', () => {
    const same = {
      temperature: 0.2,
      top_p: 0.9,
      user: 'u',
      service_tier: 'flex',
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
      safety_identifier: 's',
      seed: 7,
      stop: ['x'],
      top_k: 20,
      vendor: { a: 1 },
      n: 1,
    }
    expect(only(same)).toEqual(same)
  })

  it('leaves out what is the gateway’s own matter or asks OpenAI’s servers for the same in another way', () => {
    const fields = {
      store: true,
      metadata: { a: 'b' },
      truncation: 'auto',
      max_tool_calls: 3,
      background: false,
      context_management: [{ type: 'compaction' }],
      access_programs: { cyber: 'standard' },
      image: { context_compression: 'enabled' },
      previous_response_id: null,
      conversation: null,
      prompt: null,
      stream_options: { include_obfuscation: true },
    }
    expect(only(fields)).toEqual({})
    expect(only({ truncation: 'disabled', metadata: null, store: false })).toEqual({})
  })

  it('does not change its argument', () => {
    const fields = Object.freeze({ model: 'm', input: Object.freeze([Object.freeze({ role: 'user', content: 'Hi' })]) })
    expect(toCanonical(fields)).toEqual({ model: 'm', messages: MESSAGES })
  })

  it.each<[JsonObject, JsonObject]>([
    [{ max_output_tokens: 1 }, { max_completion_tokens: 1 }],
    [{ max_output_tokens: null }, {}],
    [{ stream: true }, { stream: true, stream_options: { include_usage: true } }],
    [
      { stream: true, stream_options: { include_obfuscation: false } },
      { stream: true, stream_options: { include_usage: true } },
    ],
    [{ stream: false }, {}],
    [{ reasoning: { effort: 'high', summary: 'auto', context: 'auto', mode: 'pro' } }, { reasoning_effort: 'high' }],
    [{ reasoning: { effort: null, generate_summary: 'concise' } }, {}],
    [{ reasoning: null }, {}],
    [{ text: null }, {}],
    [{ text: {} }, {}],
    [{ text: { format: { type: 'text' }, verbosity: 'low' } }, { verbosity: 'low' }],
    [{ text: { format: null, verbosity: null } }, {}],
    [{ text: { format: { type: 'json_object' } } }, { response_format: { type: 'json_object' } }],
    [
      {
        text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true, description: 'd' }, verbosity: 'high' },
      },
      {
        response_format: { type: 'json_schema', json_schema: { name: 'n', description: 'd', schema: { type: 'object' }, strict: true } },
        verbosity: 'high',
      },
    ],
    [
      { text: { format: { type: 'json_schema', name: 'n', schema: {}, strict: null, description: null } } },
      { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {} } } },
    ],
    [{ include: ['message.output_text.logprobs'] }, { logprobs: true }],
    [
      { include: ['reasoning.encrypted_content', 'message.output_text.logprobs'], top_logprobs: 5 },
      { logprobs: true, top_logprobs: 5 },
    ],
    [{ top_logprobs: 1 }, { logprobs: true, top_logprobs: 1 }],
    [{ top_logprobs: 0 }, {}],
    [{ include: ['reasoning.encrypted_content', 'web_search_call.results'], top_logprobs: null }, {}],
    [{ include: null }, {}],
    [{ include: [] }, {}],
  ])('%j → %j', (fields, expected) => expect(only(fields)).toEqual(expected))

  it.each<[JsonObject, string]>([
    [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{ conversation: 'conv_1' }, 'conversation'],
    [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
    [{ background: true }, 'background'],
    [{ truncation: 'none' }, 'truncation'],
    [{ n: 2 }, 'n'],
    [{ metadata: [] }, 'metadata'],
    [{ max_output_tokens: 0 }, 'max_output_tokens'],
    [{ max_output_tokens: 1.5 }, 'max_output_tokens'],
    [{ max_output_tokens: '1' }, 'max_output_tokens'],
    [{ reasoning: 'high' }, 'reasoning'],
    [{ reasoning: { effort: 1 } }, 'reasoning.effort'],
    [{ reasoning: { summary: true } }, 'reasoning.summary'],
    [{ reasoning: { generate_summary: 1 } }, 'reasoning.generate_summary'],
    [{ text: 'json' }, 'text'],
    [{ text: { verbosity: 1 } }, 'text.verbosity'],
    [{ text: { format: 'json_object' } }, 'text.format'],
    [{ text: { format: {} } }, 'text.format.type'],
    [{ text: { format: { type: 'grammar' } } }, 'text.format.type'],
    [{ text: { format: { type: 'json_schema', name: 1, schema: {} } } }, 'text.format.name'],
    [{ text: { format: { type: 'json_schema', name: 'n', schema: 's' } } }, 'text.format.schema'],
    [{ include: 'reasoning.encrypted_content' }, 'include'],
    [{ top_logprobs: '1' }, 'top_logprobs'],
    [{ instructions: ['a'] }, 'instructions'],
  ])('refuses %j', (fields, param) => expect(refusal(fields)).toEqual({ code: 'invalid_field', param, named: true }))

  it.each<[JsonObject, string]>([
    [{ input: undefined }, 'input'],
    [{ input: null }, 'input'],
    [{ text: { format: { type: 'json_schema', schema: {} } } }, 'text.format.name'],
    [{ text: { format: { type: 'json_schema', name: 'n' } } }, 'text.format.schema'],
  ])('misses something in %j', (fields, param) => expect(refusal(fields)).toEqual({ code: 'missing_field', param, named: true }))
})
