import { describe, expect, it } from 'vitest'
import { toToolCalls } from './answer-tool-calls.ts'

const whole = { cut: false, id: 'req-1' }
const cut = { cut: true, id: 'req-1' }
const call = (id: string, name: string, written: string) => ({ id, name, arguments: written })

describe('toToolCalls', () => {
  it('makes objects of arguments and ids of the request', () => {
    expect(toToolCalls([call('a', 'f', '{"x":[1,"ü"]}'), call('', 'g', ''), call('', 'h', 'null')], whole)).toEqual([
      { id: 'a', function: { index: 0, name: 'f', arguments: { x: [1, 'ü'] } } },
      { id: 'call_req-1_1', function: { index: 1, name: 'g', arguments: {} } },
      { id: 'call_req-1_2', function: { index: 2, name: 'h', arguments: {} } },
    ])
    expect(toToolCalls([], whole)).toEqual([])
  })

  it.each([
    ['arguments that are broken off', call('a', 'f', '{"x":')],
    ['arguments that are no object', call('a', 'f', '[1]')],
    ['no name', call('a', '', '{}')],
  ])('finds %s senseless, or leaves the call out of an answer that was cut', (_name, bad) => {
    expect(toToolCalls([call('b', 'g', '{}'), bad], whole)).toBeUndefined()
    expect(toToolCalls([bad, call('', 'g', '{}')], cut)).toEqual([{ id: 'call_req-1_0', function: { index: 0, name: 'g', arguments: {} } }])
  })
})
