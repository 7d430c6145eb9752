import { expect, test } from 'vitest'
import { refusedParam } from './fixtures/contexts.ts'
import { toToolFields } from './tools.ts'

const tool = (name: string, rest: object = {}) => ({ type: 'function', function: { name, ...rest } })
const tools = [tool('a'), tool('b')]
const DECLARED = [{ functionDeclarations: [{ name: 'a' }, { name: 'b' }] }]
const config = (functionCallingConfig: object) => ({ toolConfig: { functionCallingConfig } })

test('declarations', () => {
  const parameters = { $schema: 'x', type: 'object', properties: { city: { const: 'Oslo' } }, additionalProperties: false }
  expect(toToolFields({ tools: [tool('a', { description: 'd', parameters, strict: true })] })).toEqual({
    tools: [
      {
        functionDeclarations: [
          {
            name: 'a',
            description: 'd',
            parametersJsonSchema: { type: 'object', properties: { city: { enum: ['Oslo'] } }, additionalProperties: false },
          },
        ],
      },
    ],
  })
})

test.each([
  [null, undefined],
  [{ type: 'object', properties: {} }, undefined],
  [{ type: 'object' }, undefined],
  [{}, undefined],
  [
    { type: 'object', additionalProperties: true },
    { type: 'object', additionalProperties: true },
  ],
  [{ properties: { x: {} } }, { type: 'object', properties: { x: {} } }],
  [{ anyOf: [{}] }, { type: 'object', anyOf: [{}] }],
  [{ oneOf: [{}] }, { type: 'object', oneOf: [{}] }],
  [{ allOf: [{}, {}] }, { type: 'object', allOf: [{}, {}] }],
  [{ $ref: '#/$defs/A' }, { type: 'object', $ref: '#/$defs/A' }],
])('parameters %j', (parameters, parametersJsonSchema) => {
  expect(toToolFields({ tools: [tool('a', { parameters })] })).toEqual({
    tools: [{ functionDeclarations: [{ name: 'a', ...(parametersJsonSchema === undefined ? {} : { parametersJsonSchema }) }] }],
  })
})

test.each([
  [undefined, {}],
  [null, {}],
  ['none', config({ mode: 'NONE' })],
  ['auto', config({ mode: 'AUTO' })],
  ['required', config({ mode: 'ANY' })],
  [tool('b'), config({ mode: 'ANY', allowedFunctionNames: ['b'] })],
  [
    { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [tool('b')] } },
    config({ mode: 'ANY', allowedFunctionNames: ['b'] }),
  ],
  [
    { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'a' }] },
    config({ mode: 'ANY', allowedFunctionNames: ['a'] }),
  ],
])('tool_choice %j', (choice, expected) => {
  expect(toToolFields({ tools, tool_choice: choice })).toEqual({ tools: DECLARED, ...expected })
})

test('allowed tools under auto: the others are not told of', () => {
  const allowed = (names: string[]) => ({ type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: names.map((name) => tool(name)) } })
  expect(toToolFields({ tools, tool_choice: allowed(['b']) })).toEqual({
    tools: [{ functionDeclarations: [{ name: 'b' }] }],
    ...config({ mode: 'AUTO' }),
  })
  expect(toToolFields({ tools, tool_choice: allowed([]) })).toEqual({})
})

test.each([{}, { tools: null }, { tools: [] }, { tool_choice: 'auto' }, { tools: [], tool_choice: 'none' }])('no tools: %j', (fields) => {
  expect(toToolFields(fields)).toEqual({})
})

test.each([
  [{ tools: {} }, 'tools'],
  [{ tools: ['a'] }, 'tools[0].type'],
  [{ tools: [tool('a'), { type: 'custom', custom: {} }] }, 'tools[1].type'],
  [{ tools: [{ type: 'function' }] }, 'tools[0].type'],
  [{ tools: [tool('')] }, 'tools[0].function.name'],
  [{ tools: [tool('a', { parameters: 'x' })] }, 'tools[0].function.parameters'],
  [{ tools, tool_choice: 'maybe' }, 'tool_choice'],
  [{ tools, tool_choice: { type: 'custom' } }, 'tool_choice'],
  [{ tools, tool_choice: { type: 'function' } }, 'tool_choice.function.name'],
  [{ tools, tool_choice: { type: 'allowed_tools', allowed_tools: {} } }, 'tool_choice.allowed_tools.tools'],
  [{ tools, tool_choice: { type: 'allowed_tools', allowed_tools: { tools: ['a'] } } }, 'tool_choice.allowed_tools.tools[0].function.name'],
  [{ tool_choice: 'required' }, 'tool_choice'],
  [{ tools: [], tool_choice: tool('a') }, 'tool_choice'],
])('refuses %j', (fields, param) => {
  expect(refusedParam(() => toToolFields(fields))).toBe(param)
})
