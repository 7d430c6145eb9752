import { describe, expect, it } from 'vitest'
import { refusalOf } from './fixtures/errors-of.ts'
import { toolsField } from './request-tools.ts'

describe('toolsField', () => {
  it('keeps all that a tool says', () => {
    const tool = { type: 'function', items: 1, function: { name: 'f', description: 'd', strict: true, parameters: { $defs: {} } } }
    expect(toolsField([tool])).toEqual({ tools: [tool] })
  })

  it.each([{}, { type: null }, { type: '' }])('adds the type to %j', (tool) => {
    expect(toolsField([{ ...tool, function: { name: 'f' } }])).toEqual({ tools: [{ type: 'function', function: { name: 'f' } }] })
  })

  it.each([undefined, null, []])('says nothing for %j', (tools) => expect(toolsField(tools)).toEqual({}))

  it.each([
    ['invalid_field', 'tools', {}],
    ['invalid_field', 'tools[0]', ['f']],
    ['missing_field', 'tools[0].function', [{ type: 'function' }]],
    ['missing_field', 'tools[1].function.name', [{ function: { name: 'f' } }, { function: {} }]],
    ['invalid_field', 'tools[0].function.name', [{ function: { name: 1 } }]],
    ['invalid_field', 'tools[0].type', [{ type: 'web_search', function: { name: 'f' } }]],
  ])('refuses with %s %s', (code, param, tools) => expect(refusalOf(() => toolsField(tools))).toMatchObject({ code, param }))
})
