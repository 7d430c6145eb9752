import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeToolCalls, toolNamesById } from './message-tool-calls.ts'

const refusal = (param: string, message: string) => expect.objectContaining({ name: 'CodecRefusal', param, message })
const argumentsOf = (written: unknown) => encodeToolCalls({ tool_calls: [{ id: 'c', function: { name: 'f', arguments: written } }] }, 'm')

describe('encodeToolCalls', () => {
  it('numbers the calls and turns arguments into objects', () => {
    const calls = [
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":[1,{"y":null}]}' } },
      { id: null, type: 'function', function: { name: 'g', arguments: '{}' } },
    ]
    expect(encodeToolCalls({ tool_calls: calls, function_call: { name: 'h' } }, 'm')).toEqual([
      { id: 'a', function: { index: 0, name: 'f', arguments: { x: [1, { y: null }] } } },
      { function: { index: 1, name: 'g', arguments: {} } },
    ])
  })

  it('takes the single call of old, and no call', () => {
    expect(encodeToolCalls({ function_call: { name: 'h', arguments: '{"a":1}' } }, 'm')).toEqual([
      { function: { index: 0, name: 'h', arguments: { a: 1 } } },
    ])
    expect(encodeToolCalls({}, 'm')).toEqual([])
    expect(encodeToolCalls({ tool_calls: null, function_call: null }, 'm')).toEqual([])
  })

  it.each(['', 'null', '[1]', '"text"', '{"cut', undefined, null, 5])('takes the arguments %j for an empty object', (written) => {
    expect(argumentsOf(written)).toEqual([{ id: 'c', function: { index: 0, name: 'f', arguments: {} } }])
  })

  it('takes arguments that are an object already', () => {
    expect(argumentsOf({ a: 1 })).toEqual([{ id: 'c', function: { index: 0, name: 'f', arguments: { a: 1 } } }])
  })

  it('says in JSON what the client said', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const [call] = argumentsOf(JSON.stringify(value))
        expect(JSON.stringify(call)).toBe(
          JSON.stringify({ id: 'c', function: { index: 0, name: 'f', arguments: JSON.parse(JSON.stringify(value)) } }),
        )
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    [{ tool_calls: [{ function: { name: 'f' } }, { type: 'custom', custom: { name: 'f' } }] }, 'm.tool_calls[1]'],
    [{ tool_calls: ['x'] }, 'm.tool_calls[0]'],
    [{ tool_calls: [{ function: { arguments: '{}' } }] }, 'm.tool_calls[0]'],
    [{ function_call: 'f' }, 'm.function_call'],
  ])('refuses %j', (message, param) => {
    expect(() => encodeToolCalls(message, 'm')).toThrow(refusal(param, 'Ollama knows calls of functions with a name only'))
  })

  it('refuses calls that are no list', () => {
    expect(() => encodeToolCalls({ tool_calls: {} }, 'm')).toThrow(refusal('m.tool_calls', 'The field "m.tool_calls" must be an array'))
  })
})

describe('toolNamesById', () => {
  it('collects names over all messages', () => {
    const messages = [
      {
        tool_calls: [
          { id: 'a', function: { name: 'f' } },
          { id: 'b', function: { name: 'g' } },
        ],
      },
      'x',
      { tool_calls: 'x' },
      {
        tool_calls: [
          'x',
          { id: 1, function: { name: 'no' } },
          { id: 'c' },
          { id: 'd', function: { name: 1 } },
          { id: 'a', function: { name: 'h' } },
        ],
      },
    ]
    expect([...toolNamesById(messages)]).toEqual([
      ['a', 'h'],
      ['b', 'g'],
    ])
  })
})
