import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { toToolFields } from './request-tools.ts'

const TOOL = { name: 'f', input_schema: { type: 'object' } }
const FUNCTION = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } }

describe('tools', () => {
  it('become functions, without the marks for servers', () => {
    const tools = [
      {
        type: 'custom',
        name: 'get_weather',
        description: 'Weather of a city',
        input_schema: { type: 'object', properties: { city: { type: 'string' } } },
        strict: true,
        cache_control: { type: 'ephemeral' },
        defer_loading: true,
        allowed_callers: ['direct'],
        eager_input_streaming: true,
        input_examples: [{ city: 'Oslo' }],
      },
      { type: null, strict: false, ...TOOL },
    ]
    expect(toToolFields({ tools })).toEqual({
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'Weather of a city',
            parameters: { type: 'object', properties: { city: { type: 'string' } } },
            strict: true,
          },
        },
        { type: 'function', function: { ...FUNCTION.function, strict: false } },
      ],
    })
  })

  it.each([[undefined], [null], [[]]])('%j are none', (tools) => expect(toToolFields({ tools })).toEqual({}))

  it.each<[JsonObject, JsonObject]>([
    [{ type: 'auto' }, { tool_choice: 'auto' }],
    [{ type: 'none' }, { tool_choice: 'none' }],
    [{ type: 'any' }, { tool_choice: 'required' }],
    [{ type: 'tool', name: 'f' }, { tool_choice: { type: 'function', function: { name: 'f' } } }],
    [
      { type: 'auto', disable_parallel_tool_use: true },
      { tool_choice: 'auto', parallel_tool_calls: false },
    ],
    [{ type: 'any', disable_parallel_tool_use: false }, { tool_choice: 'required' }],
  ])('with the choice %j', (choice, expected) => {
    expect(toToolFields({ tools: [TOOL], tool_choice: choice })).toEqual({ tools: [FUNCTION], ...expected })
  })

  it.each([[undefined], [null], [{ type: 'auto' }], [{ type: 'none' }]])('need no choice, as of %j, where there are none', (choice) => {
    expect(toToolFields({ tool_choice: choice })).toEqual({})
    expect(toToolFields({ tools: [TOOL], tool_choice: null })).toEqual({ tools: [FUNCTION] })
  })

  it.each<[string, JsonObject, { code: string; param: string }]>([
    ['no list', { tools: {} }, { code: 'invalid_field', param: 'tools' }],
    ['no object', { tools: ['f'] }, { code: 'invalid_field', param: 'tools[0]' }],
    [
      "Anthropic's own",
      { tools: [TOOL, { type: 'web_search_20250305', name: 'web_search' }] },
      { code: 'invalid_field', param: 'tools[1].type' },
    ],
    ['no name', { tools: [{ input_schema: {} }] }, { code: 'missing_field', param: 'tools[0].name' }],
    ['no schema', { tools: [{ name: 'f' }] }, { code: 'missing_field', param: 'tools[0].input_schema' }],
    ['a schema', { tools: [{ name: 'f', input_schema: true }] }, { code: 'invalid_field', param: 'tools[0].input_schema' }],
    ['a choice', { tools: [TOOL], tool_choice: 'auto' }, { code: 'invalid_field', param: 'tool_choice' }],
    ['another choice', { tools: [TOOL], tool_choice: { type: 'required' } }, { code: 'invalid_field', param: 'tool_choice.type' }],
    ['a choice of no tool', { tools: [TOOL], tool_choice: { type: 'tool' } }, { code: 'missing_field', param: 'tool_choice.name' }],
    ['any of none', { tool_choice: { type: 'any' } }, { code: 'invalid_field', param: 'tool_choice' }],
    ['one of none', { tools: [], tool_choice: { type: 'tool', name: 'f' } }, { code: 'invalid_field', param: 'tool_choice' }],
  ])('are refused: %s', (_name, fields, expected) => expect(() => toToolFields(fields)).toThrow(expect.objectContaining(expected)))
})
