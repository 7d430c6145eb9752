import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { toCanonical } from './request.ts'

const MINIMAL = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }
const CANONICAL = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }
const errorOf = (fields: JsonObject) => {
  try {
    toCanonical(fields)
    return 'nothing thrown'
  } catch (error) {
    return error instanceof GatewayError ? [error.code, error.param, error.message] : error
  }
}

describe('fields', () => {
  it('are few in the smallest request', () => {
    expect(toCanonical(MINIMAL)).toEqual(CANONICAL)
    expect(toCanonical({ ...MINIMAL, stream: false })).toEqual(CANONICAL)
  })

  it.each<[string, JsonObject, JsonObject]>([
    ['stop_sequences', { stop_sequences: ['A', 'B'] }, { stop: ['A', 'B'] }],
    ['no stop_sequences', { stop_sequences: [] }, {}],
    ['null for them', { stop_sequences: null }, {}],
    ['stream', { stream: true, stream_options: { x: 1 } }, { stream: true, stream_options: { include_usage: true } }],
    ['sampling', { temperature: 0.5, top_p: 0.9, top_k: 40 }, { temperature: 0.5, top_p: 0.9, top_k: 40 }],
    ['fields of the backend', { repetition_penalty: 1.1, n: 1 }, { repetition_penalty: 1.1, n: 1 }],
    ['metadata', { metadata: { user_id: 'u', other: 1 } }, { user: 'u' }],
    ['a user of 64 characters', { metadata: { user_id: 'u'.repeat(64) } }, { user: 'u'.repeat(64) }],
    [
      'a longer user, hashed',
      { metadata: { user_id: 'u'.repeat(65) } },
      { user: 'f20e249d15fa4b9f44ba21d154f62e1efa76ddfdce5d25139a33a4787cee5a8b' },
    ],
    ['metadata without a user', { metadata: { user_id: null } }, {}],
    ['an empty user', { metadata: { user_id: '' } }, {}],
    ['service_tier auto', { service_tier: 'auto' }, {}],
    ['service_tier standard_only', { service_tier: 'standard_only' }, { service_tier: 'default' }],
    ['thinking with a budget', { thinking: { type: 'enabled', budget_tokens: 10_000 } }, { reasoning_effort: 'medium' }],
    [
      'output_config',
      { output_config: { effort: 'xhigh', format: { type: 'json_schema', schema: { type: 'object' } } } },
      {
        reasoning_effort: 'xhigh',
        response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' }, strict: true } },
      },
    ],
    [
      'output_format, its older place',
      { output_format: { type: 'json_schema', schema: {} } },
      { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: {}, strict: true } } },
    ],
    [
      'tools',
      { tools: [{ name: 'f', input_schema: {} }], tool_choice: { type: 'any' } },
      { tools: [{ type: 'function', function: { name: 'f', parameters: {} } }], tool_choice: 'required' },
    ],
    [
      'what concerns only how Anthropic does its work',
      {
        cache_control: { type: 'ephemeral' },
        context_management: { edits: [] },
        speed: 'fast',
        inference_geo: 'global',
        user_profile_id: 'p',
        diagnostics: {},
        betas: ['x'],
        anthropic_beta: ['x'],
        anthropic_version: 'bedrock-2023-05-31',
        container: null,
        mcp_servers: [],
      },
      {},
    ],
  ])('%s', (_name, fields, expected) => expect(toCanonical({ ...MINIMAL, ...fields })).toEqual({ ...CANONICAL, ...expected }))

  it.each<[string, JsonObject, readonly string[]]>([
    ['missing max_tokens', { max_tokens: null }, ['missing_field', 'max_tokens', 'The field "max_tokens" is missing']],
    ['max_tokens 0', { max_tokens: 0 }, ['invalid_field', 'max_tokens', 'The field "max_tokens" must be a whole number from 1 up']],
    ['max_tokens 1.5', { max_tokens: 1.5 }, ['invalid_field', 'max_tokens', 'The field "max_tokens" must be a whole number from 1 up']],
    ['max_tokens a text', { max_tokens: '1' }, ['invalid_field', 'max_tokens', 'The field "max_tokens" must be a whole number from 1 up']],
    [
      'stop_sequences',
      { stop_sequences: 'A' },
      ['invalid_field', 'stop_sequences', 'The field "stop_sequences" must be an array of strings'],
    ],
    [
      'a stop sequence',
      { stop_sequences: [1] },
      ['invalid_field', 'stop_sequences', 'The field "stop_sequences" must be an array of strings'],
    ],
    ['metadata', { metadata: 'u' }, ['invalid_field', 'metadata', 'The field "metadata" must be an object']],
    ['a user', { metadata: { user_id: 1 } }, ['invalid_field', 'metadata.user_id', 'The field "metadata.user_id" must be a string']],
    ['n', { n: 2 }, ['invalid_field', 'n', 'The field "n" must be 1 or left out: a message is one answer']],
    [
      'format',
      { output_config: { format: { type: 'text' } } },
      ['invalid_field', 'output_config.format.type', 'The field "output_config.format.type" must be "json_schema"'],
    ],
    [
      'schema',
      { output_format: { type: 'json_schema' } },
      ['missing_field', 'output_format.schema', 'The field "output_format.schema" is missing'],
    ],
    [
      'container',
      { container: 'c' },
      [
        'invalid_field',
        'container',
        `A container for code can't be translated for a model that does not speak Anthropic's API ("container")`,
      ],
    ],
    [
      'mcp_servers',
      { mcp_servers: [{}] },
      [
        'invalid_field',
        'mcp_servers',
        `A server-side MCP connection can't be translated for a model that does not speak Anthropic's API ("mcp_servers")`,
      ],
    ],
    [
      'inference_geo',
      { inference_geo: 'eu' },
      [
        'invalid_field',
        'inference_geo',
        `A place where the model must run can't be translated for a model that does not speak Anthropic's API ("inference_geo")`,
      ],
    ],
  ])('%s is refused by its name', (_name, fields, expected) => expect(errorOf({ ...MINIMAL, ...fields })).toEqual(expected))

  it('of any kind give a body or a GatewayError, and are left as they were', () => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('auto', { type: 'enabled' }, [{ type: 'text' }]))
    const fields = fc.dictionary(
      fc.constantFrom('system', 'tools', 'tool_choice', 'thinking', 'output_config', 'metadata', 'stop_sequences', 'messages', 'x'),
      value,
    )
    fc.assert(
      fc.property(fields, (given) => {
        const before = JSON.stringify(given)
        const error = errorOf({ ...MINIMAL, ...given })
        expect(JSON.stringify(given)).toBe(before)
        return error === 'nothing thrown' || Array.isArray(error)
      }),
      { numRuns: 200 },
    )
  })
})
