import { describe, expect, it } from 'vitest'
import { encodeTools } from './chat-tools.ts'

const refusal = (param: string, message: string) => expect.objectContaining({ name: 'CodecRefusal', param, message })
const tool = (name: string) => ({ type: 'function', function: { name, description: 'd', parameters: { type: 'object', properties: {} } } })
const allowed = (mode: unknown, ...names: string[]) => ({
  type: 'allowed_tools',
  allowed_tools: { mode, tools: [...names.map((name) => ({ type: 'function', function: { name } })), 'x', { type: 'custom' }] },
})

describe('encodeTools', () => {
  it('keeps the shape, without strict', () => {
    const strict = { ...tool('f'), cache: true, function: { ...tool('f').function, strict: true } }
    expect(encodeTools({ tools: [strict, { function: { name: 'g' } }] })).toEqual([
      { ...tool('f'), cache: true },
      { type: 'function', function: { name: 'g' } },
    ])
  })

  it.each([undefined, null, 'auto'])('sends all with the choice %j', (choice) => {
    expect(encodeTools({ tools: [tool('f'), tool('g')], tool_choice: choice })).toEqual([tool('f'), tool('g')])
  })

  it('sends none with the choice none, and only those that are allowed', () => {
    expect(encodeTools({ tools: [tool('f')], tool_choice: 'none' })).toBeUndefined()
    expect(encodeTools({ tools: [tool('f'), tool('g'), tool('h')], tool_choice: allowed('auto', 'h', 'f') })).toEqual([
      tool('f'),
      tool('h'),
    ])
    expect(encodeTools({ tools: [tool('f')], tool_choice: allowed('auto') })).toBeUndefined()
  })

  it('has none where there are none', () => {
    expect(encodeTools({})).toBeUndefined()
    expect(encodeTools({ tools: null })).toBeUndefined()
    expect(encodeTools({ tools: [] })).toBeUndefined()
  })

  it.each([
    ['required'],
    [{ type: 'function', function: { name: 'f' } }],
    [allowed('required', 'f')],
    [{ type: 'allowed_tools' }],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'auto' } }],
    [{ allowed_tools: { mode: 'auto', tools: [] } }],
    [5],
  ])('refuses the choice %j', (choice) => {
    expect(() => encodeTools({ tools: [tool('f')], tool_choice: choice })).toThrow(
      refusal('tool_choice', 'Ollama can not be made to call a tool; the field "tool_choice" must be none or auto'),
    )
  })

  it.each([
    [{ type: 'custom', custom: { name: 'f' } }],
    [{ type: 'custom', function: { name: 'f' } }],
    [{ type: 'function' }],
    [{ function: {} }],
    ['x'],
  ])('refuses the tool %j', (wrong) => {
    expect(() => encodeTools({ tools: [tool('f'), wrong] })).toThrow(
      refusal('tools[1]', 'Ollama knows tools that are functions with a name only'),
    )
  })

  it('refuses tools that are no list', () => {
    expect(() => encodeTools({ tools: {} })).toThrow(refusal('tools', 'The field "tools" must be an array'))
  })
})
