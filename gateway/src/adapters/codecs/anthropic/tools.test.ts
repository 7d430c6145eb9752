import { describe, expect, it } from 'vitest'
import { ADAPTIVE_MODEL, OLD_MODEL, refusedParam, WEATHER } from './fixtures/calls.ts'
import { abilitiesOf } from './model-abilities.ts'
import { encodeTools } from './tools.ts'

const encode = (tools: unknown, model = ADAPTIVE_MODEL) => encodeTools(tools, abilitiesOf(model))
const functionOf = (wanted: unknown) => [{ type: 'function', function: wanted }]

describe('encodeTools', () => {
  it.each([undefined, null, []])('%j are none', (tools) => expect(encode(tools)).toEqual([]))

  it('writes a function', () => {
    expect(encode([WEATHER])).toEqual([
      { name: 'get_weather', description: 'Tells the weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } },
    ])
  })

  it.each([
    [{ name: 'f' }, { type: 'object', properties: {} }],
    [
      { name: 'f', parameters: null, description: '' },
      { type: 'object', properties: {} },
    ],
    [{ name: 'f', parameters: {} }, { type: 'object' }],
    [
      { name: 'f', parameters: { $ref: '#/x' }, description: 7 },
      { type: 'object', $ref: '#/x' },
    ],
  ])('%j', (wanted, schema) => expect(encode(functionOf(wanted))).toEqual([{ name: 'f', input_schema: schema }]))

  it('is strict where the model can be', () => {
    const wanted = { name: 'f', strict: true, parameters: { type: 'object', properties: { n: { type: 'number', minimum: 1 } } } }
    expect(encode(functionOf(wanted))).toEqual([
      {
        name: 'f',
        input_schema: { type: 'object', properties: { n: { type: 'number', description: 'minimum: 1' } }, additionalProperties: false },
        strict: true,
      },
    ])
    expect(encode(functionOf(wanted), OLD_MODEL)).toEqual([{ name: 'f', input_schema: wanted.parameters }])
    expect(encode(functionOf({ ...wanted, strict: false }))).toEqual([{ name: 'f', input_schema: wanted.parameters }])
  })

  it('keeps Anthropic’s own settings and no other', () => {
    const settings = {
      cache_control: { type: 'ephemeral' },
      defer_loading: true,
      eager_input_streaming: false,
      allowed_callers: ['direct'],
      input_examples: [{}],
    }
    expect(encode([{ type: 'function', function: { name: 'f' }, ...settings, other: 1 }])).toEqual([
      { name: 'f', input_schema: { type: 'object', properties: {} }, ...settings },
    ])
  })

  it('leaves tools in Anthropic’s own form as they are', () => {
    const own = [
      { type: 'web_search_20250305', name: 'web_search', max_uses: 2 },
      { name: 'g', input_schema: { type: 'object' } },
      { type: 'custom', name: 'h', input_schema: { type: 'object' } },
    ]
    expect(encode(own)).toEqual(own)
  })

  it.each([
    ['tools', 'x'],
    ['tools[0]', ['x']],
    ['tools[0].type', [{ type: 'custom', custom: { name: 'x' } }]],
    ['tools[0].type', [{ type: 'function', name: 'f' }]],
    ['tools[0].type', [{}]],
    ['tools[1].function.name', [WEATHER, ...functionOf({})]],
    ['tools[0].function.name', functionOf({ name: '' })],
    ['tools[0].function.parameters', functionOf({ name: 'f', parameters: [] })],
  ])('refuses with %s', (param, tools) => expect(refusedParam(() => encode(tools))).toBe(param))

  it('names the schema that is nested too deep', () => {
    let parameters: object = { type: 'string' }
    for (let level = 0; level < 101; level += 1) parameters = { items: parameters }
    expect(refusedParam(() => encode(functionOf({ name: 'f', strict: true, parameters })))).toBe('tools[0].function.parameters')
  })
})
