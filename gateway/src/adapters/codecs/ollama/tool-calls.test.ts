import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contextOf } from './fixtures/wire.ts'
import { encodeToolCalls } from './message-tool-calls.ts'
import { createToolCallReader } from './tool-calls.ts'

const call = (name: string, rest: object = {}) => ({ function: { name, arguments: {} }, ...rest })
const read = (id: string, name: string, written = '{}') => ({ id, type: 'function', function: { name, arguments: written } })

describe('createToolCallReader', () => {
  it('keeps ids and makes those that are missing', () => {
    const reader = createToolCallReader(contextOf('chat'))
    expect(reader.read([call('f', { id: 'call_k3' }), call('g')])).toEqual([read('call_k3', 'f'), read('call_req-1_1', 'g')])
    expect(reader.count()).toBe(2)
    expect(reader.read([call('h', { id: '' })])).toEqual([read('call_req-1_2', 'h')])
    expect(reader.count()).toBe(3)
  })

  it('reads no calls where there are none', () => {
    const reader = createToolCallReader(contextOf('chat'))
    expect(reader.read(undefined)).toEqual([])
    expect(reader.read([])).toEqual([])
    expect(reader.count()).toBe(0)
  })

  it('gives one call to a client that wants one at a time', () => {
    const reader = createToolCallReader(contextOf('chat', { parallel_tool_calls: false }))
    expect(reader.read([call('f'), call('g')])).toEqual([read('call_req-1_0', 'f')])
    expect(reader.read([call('h')])).toEqual([])
    expect(reader.count()).toBe(1)
    expect(createToolCallReader(contextOf('chat', { parallel_tool_calls: true })).read([call('f'), call('g')])).toHaveLength(2)
  })

  it.each([undefined, null, 'text', [1]])('takes the arguments %j for an empty object', (written) => {
    expect(createToolCallReader(contextOf('chat')).read([{ id: 'a', function: { name: 'f', arguments: written } }])).toEqual([
      read('a', 'f'),
    ])
  })

  it.each([[['x']], [[{}]], [[{ function: {} }]], [[{ function: { name: 1 } }]]])('%j makes no sense', (calls) => {
    expect(() => createToolCallReader(contextOf('chat')).read(calls)).toThrow(
      expect.objectContaining({ name: 'CodecMismatch', message: 'A tool call has no function' }),
    )
  })

  it('brings back what an answer of it says in the next request', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const wire = JSON.parse(JSON.stringify({ id: 'a', function: { index: 0, name: 'f', arguments: value } })) as unknown
        const calls = createToolCallReader(contextOf('chat')).read([wire])
        expect(JSON.stringify(encodeToolCalls({ tool_calls: calls }, 'm'))).toBe(JSON.stringify([wire]))
      }),
      { numRuns: 200 },
    )
  })
})
