import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { toToolFields } from './request-tools.ts'

const tool = (name: string) => ({ type: 'function', name, parameters: { type: 'object' }, strict: true })
const chatTool = (name: string) => ({ type: 'function', function: { name, parameters: { type: 'object' }, strict: true } })
const A = tool('a')
const B = tool('b')

const refusal = (fields: JsonObject) => {
  try {
    toToolFields(fields)
  } catch (error) {
    if (error instanceof GatewayError) return [error.code, error.param]
    throw error
  }
  return undefined
}

describe('tools', () => {
  it('are nested', () => {
    const full = { ...A, description: 'd', allowed_callers: ['direct'], async: false, defer_loading: true, output_schema: {} }
    const bare = { type: 'function', name: 'b', parameters: null, strict: null, description: null }
    expect(toToolFields({ tools: [full, bare, { ...B, strict: false }] })).toEqual({
      tools: [
        { type: 'function', function: { name: 'a', description: 'd', parameters: { type: 'object' }, strict: true } },
        { type: 'function', function: { name: 'b' } },
        { type: 'function', function: { name: 'b', parameters: { type: 'object' }, strict: false } },
      ],
    })
  })

  it.each<[JsonObject, JsonObject]>([
    [{}, {}],
    [{ tools: null, tool_choice: null, parallel_tool_calls: null }, {}],
    [{ tools: [], tool_choice: 'auto', parallel_tool_calls: true }, {}],
    [{ tool_choice: 'none' }, {}],
    [
      { tools: [A], parallel_tool_calls: false },
      { tools: [chatTool('a')], parallel_tool_calls: false },
    ],
    [
      { tools: [A], parallel_tool_calls: true, tool_choice: null },
      { tools: [chatTool('a')], parallel_tool_calls: true },
    ],
    [
      { tools: [A], tool_choice: 'auto' },
      { tools: [chatTool('a')], tool_choice: 'auto' },
    ],
    [
      { tools: [A], tool_choice: 'none' },
      { tools: [chatTool('a')], tool_choice: 'none' },
    ],
    [
      { tools: [A], tool_choice: 'required' },
      { tools: [chatTool('a')], tool_choice: 'required' },
    ],
    [
      { tools: [A, B], tool_choice: { type: 'function', name: 'b' } },
      { tools: [chatTool('a'), chatTool('b')], tool_choice: { type: 'function', function: { name: 'b' } } },
    ],
    [
      {
        tools: [A, B, tool('c')],
        tool_choice: { type: 'allowed_tools', mode: 'required', tools: [tool('c'), { type: 'function', name: 'a' }] },
      },
      { tools: [chatTool('a'), chatTool('c')], tool_choice: 'required' },
    ],
    [
      { tools: [A, B], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [A] } },
      { tools: [chatTool('a')], tool_choice: 'auto' },
    ],
  ])('%j → %j', (fields, expected) => expect(toToolFields(fields)).toEqual(expected))

  it.each([
    'web_search',
    'web_search_preview',
    'file_search',
    'code_interpreter',
    'computer_use_preview',
    'image_generation',
    'mcp',
    'local_shell',
    'custom',
    'namespace',
  ])('of type %s are refused by name', (type) =>
    expect(refusal({ tools: [A, { type, name: 'x' }] })).toEqual(['invalid_field', 'tools[1].type']),
  )

  it.each<[JsonObject, string, string]>([
    [{ tools: {} }, 'invalid_field', 'tools'],
    [{ tools: ['a'] }, 'invalid_field', 'tools[0]'],
    [{ tools: [{ name: 'a' }] }, 'missing_field', 'tools[0].type'],
    [{ tools: [{ type: 'function' }] }, 'missing_field', 'tools[0].name'],
    [{ tools: [{ type: 'function', name: 'a', parameters: 'x' }] }, 'invalid_field', 'tools[0].parameters'],
    [{ tools: [A], parallel_tool_calls: 'no' }, 'invalid_field', 'parallel_tool_calls'],
    [{ tool_choice: 'required' }, 'invalid_field', 'tool_choice'],
    [{ tools: [], tool_choice: { type: 'function', name: 'a' } }, 'invalid_field', 'tool_choice'],
    [{ tools: [A], tool_choice: 'any' }, 'invalid_field', 'tool_choice'],
    [{ tools: [A], tool_choice: { type: 'function' } }, 'missing_field', 'tool_choice.name'],
    [{ tools: [A], tool_choice: { type: 'web_search_preview' } }, 'invalid_field', 'tool_choice.type'],
    [{ tools: [A], tool_choice: { type: 'mcp', server_label: 'x' } }, 'invalid_field', 'tool_choice.type'],
    [{ tools: [A], tool_choice: { type: 'custom', name: 'a' } }, 'invalid_field', 'tool_choice.type'],
    [{ tools: [A], tool_choice: {} }, 'invalid_field', 'tool_choice.type'],
    [{ tools: [A], tool_choice: { type: 'allowed_tools', mode: 'none', tools: [A] } }, 'invalid_field', 'tool_choice.mode'],
    [{ tools: [A], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] } }, 'invalid_field', 'tool_choice.tools'],
    [{ tools: [A], tool_choice: { type: 'allowed_tools', mode: 'auto' } }, 'invalid_field', 'tool_choice.tools'],
    [{ tools: [A], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: ['a'] } }, 'invalid_field', 'tool_choice.tools[0]'],
    [
      { tools: [A], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [A, { type: 'mcp' }] } },
      'invalid_field',
      'tool_choice.tools[1].type',
    ],
    [
      { tools: [A], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ name: 'a' }] } },
      'invalid_field',
      'tool_choice.tools[0].type',
    ],
    [{ tools: [A], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [B] } }, 'invalid_field', 'tool_choice.tools[0].name'],
    [
      { tools: [A], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function' }] } },
      'missing_field',
      'tool_choice.tools[0].name',
    ],
  ])('refuses %j: %s %s', (fields, code, param) => expect(refusal(fields)).toEqual([code, param]))
})
