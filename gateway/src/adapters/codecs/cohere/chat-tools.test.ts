import { describe, expect, it } from 'vitest'
import { CodecRefusal } from '../codec.ts'
import { encodeTools } from './chat-tools.ts'

const declare = (name: string, rest: object = {}) => ({ type: 'function', function: { name, parameters: { type: 'object' }, ...rest } })
const A = declare('a')
const B = declare('b')
const allowed = (mode: string, ...names: string[]) => ({
  type: 'allowed_tools',
  allowed_tools: { mode, tools: names.map((name) => ({ type: 'function', function: { name } })) },
})

describe('encodeTools', () => {
  it.each([
    ['no tools', {}, {}],
    ['an empty list', { tools: [], tool_choice: 'none' }, {}],
    ['tools alone', { tools: [A, B] }, { tools: [A, B] }],
    ['auto', { tools: [A], tool_choice: 'auto' }, { tools: [A] }],
    ['a choice of null', { tools: [A], tool_choice: null }, { tools: [A] }],
    ['none', { tools: [A], tool_choice: 'none' }, { tools: [A], tool_choice: 'NONE' }],
    ['required', { tools: [A, B], tool_choice: 'required' }, { tools: [A, B], tool_choice: 'REQUIRED' }],
    [
      'a named function: alone, and required',
      { tools: [A, B], tool_choice: { type: 'function', function: { name: 'b' } } },
      { tools: [B], tool_choice: 'REQUIRED' },
    ],
    [
      'the only function, named',
      { tools: [A], tool_choice: { type: 'function', function: { name: 'a' } } },
      { tools: [A], tool_choice: 'REQUIRED' },
    ],
    ['allowed functions', { tools: [A, B], tool_choice: allowed('auto', 'a') }, { tools: [A] }],
    [
      'allowed functions, one required',
      { tools: [A, B], tool_choice: allowed('required', 'b', 'a') },
      { tools: [A, B], tool_choice: 'REQUIRED' },
    ],
    ['no allowed functions', { tools: [A, B], tool_choice: allowed('auto') }, {}],
    ['a strict tool', { tools: [A, declare('b', { strict: true })] }, { tools: [A, B], strict_tools: true }],
    ['none strict', { tools: [declare('a', { strict: false }), declare('b', { strict: null })] }, { tools: [A, B] }],
    [
      'a strict tool that is not allowed',
      { tools: [A, declare('b', { strict: true })], tool_choice: { type: 'function', function: { name: 'a' } } },
      { tools: [A], tool_choice: 'REQUIRED' },
    ],
    [
      'a function without parameters',
      { tools: [{ type: 'function', function: { name: 'now', description: 'The time', parameters: null } }] },
      { tools: [{ type: 'function', function: { name: 'now', description: 'The time', parameters: { type: 'object', properties: {} } } }] },
    ],
  ])('%s', (_name, fields, expected) => {
    expect(encodeTools(fields)).toEqual(expected)
  })

  it.each([
    ['tools', { tools: {} }],
    ['tools[1].type', { tools: [A, { type: 'custom', custom: { name: 'x' } }] }],
    ['tools[0].type', { tools: [{ function: { name: 'x' } }] }],
    ['tools[0].function', { tools: ['x'] }],
    ['tools[0].function', { tools: [{ type: 'function' }] }],
    ['tools[0].function', { tools: [{ type: 'function', function: { description: 'x' } }] }],
    ['tool_choice', { tools: [A], tool_choice: { type: 'function', function: { name: 'b' } } }],
    ['tool_choice', { tools: [A], tool_choice: allowed('auto', 'a', 'b') }],
    ['tool_choice', { tools: [A], tool_choice: { type: 'function' } }],
    ['tool_choice', { tools: [A], tool_choice: { type: 'function', function: {} } }],
    ['tool_choice', { tools: [A], tool_choice: { type: 'custom', custom: { name: 'a' } } }],
    ['tool_choice', { tools: [A], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto' } } }],
    ['tool_choice', { tools: [A], tool_choice: { type: 'allowed_tools' } }],
    ['tool_choice', { tools: [A], tool_choice: allowed('auto', 'b') }],
    ['tool_choice', { tools: [A], tool_choice: { ...allowed('auto', 'a'), type: 'brand_new' } }],
    ['tool_choice', { tools: [A], tool_choice: 'any' }],
    ['tool_choice', { tools: [A], tool_choice: allowed('required') }],
    ['tool_choice', { tool_choice: 'required' }],
  ])('refuses %s', (param, fields) => {
    expect(() => encodeTools(fields)).toThrow(expect.toSatisfy((error) => error instanceof CodecRefusal && error.param === param))
  })

  it('leaves the tools of the client as they were', () => {
    const tools = Object.freeze([Object.freeze(declare('a', { strict: true }))])
    encodeTools({ tools })
    expect(tools).toEqual([{ type: 'function', function: { name: 'a', parameters: { type: 'object' }, strict: true } }])
  })
})
