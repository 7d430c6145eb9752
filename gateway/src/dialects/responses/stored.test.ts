import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { fromCanonical } from './answer.ts'
import { contextOf } from './fixtures/context.ts'
import { toCanonical } from './request.ts'
import { storedResponse, withPrevious } from './stored.ts'

const answerOf = (fields: JsonObject, message: JsonObject = { content: 'Hello' }) =>
  fromCanonical({ choices: [{ index: 0, message, finish_reason: 'stop' }] }, contextOf(fields))
const SAID = {
  id: 'msg_req-1_0',
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', annotations: [], logprobs: [], text: 'Hello' }],
}
const long = (id: string, text: string) => ({ id, type: 'message', role: 'user', content: [{ type: 'input_text', text }] })

describe('storedResponse', () => {
  it('keeps a string as a message', () => {
    const fields = { input: 'Hi', instructions: 'Be kind', store: true }
    expect(storedResponse(fields, answerOf(fields))).toEqual({ input: [long('item_req-1_in0', 'Hi')], output: [SAID] })
  })

  it('keeps items in their long form, each with an id', () => {
    const parts = [{ type: 'input_text', text: 'b' }]
    const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}', id: '' }
    const input = [
      { role: 'user', content: 'a' },
      { role: 'user', content: parts, id: 'mine' },
      { role: 'assistant', content: 'c' },
      call,
      { type: 'message', role: 'developer', content: 'd' },
    ]
    expect(storedResponse({ input }, answerOf({ input })).input).toEqual([
      long('item_req-1_in0', 'a'),
      { type: 'message', role: 'user', content: parts, id: 'mine' },
      { id: 'item_req-1_in2', type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'c', annotations: [] }] },
      { ...call, id: 'item_req-1_in3' },
      { ...long('item_req-1_in4', 'd'), role: 'developer' },
    ])
  })

  it('takes any answer', () => {
    expect(storedResponse({ input: 'a' }, { id: 'resp_x', output: null })).toEqual({ input: [long('item_x_in0', 'a')], output: [] })
    expect(storedResponse({ input: 'a' }, { id: 'resp_x', output: [SAID, 7] }).output).toEqual([SAID])
  })

  it('survives JSON', () => {
    const stored = storedResponse({ input: 'a' }, answerOf({}))
    expect(JSON.parse(JSON.stringify(stored))).toEqual(stored)
  })
})

describe('withPrevious', () => {
  it('puts the earlier conversation first, and names it no more', () => {
    const stored = storedResponse({ input: 'Hi', instructions: 'old' }, answerOf({}))
    const fields = { model: 'm', previous_response_id: 'resp_req-1', input: 'And?', instructions: 'new', temperature: 1 }
    const joined = withPrevious(fields, stored)
    expect(joined).toEqual({
      model: 'm',
      instructions: 'new',
      temperature: 1,
      input: [long('item_req-1_in0', 'Hi'), SAID, { type: 'message', role: 'user', content: 'And?' }],
    })
    expect(toCanonical(joined)['messages']).toEqual([
      { role: 'system', content: 'new' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'And?' },
    ])
  })

  it('carries on where the model waits for a tool', () => {
    const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }
    const blocks = [{ type: 'thinking', thinking: 'hm', signature: 's' }]
    const first = { input: 'Hi' }
    const stored = storedResponse(
      first,
      answerOf(first, { content: null, reasoning_content: 'hm', thinking_blocks: blocks, tool_calls: [call] }),
    )
    const joined = withPrevious(
      { previous_response_id: 'resp_req-1', input: [{ type: 'function_call_output', call_id: 'c1', output: 'r' }] },
      stored,
    )
    expect(toCanonical(joined)['messages']).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: null, reasoning_content: 'hm', thinking_blocks: blocks, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'r' },
    ])
  })

  it('chains: what is kept of the second holds the first', () => {
    const first = storedResponse({ input: 'a' }, answerOf({}))
    const fields = withPrevious({ previous_response_id: 'resp_req-1', input: [{ role: 'user', content: 'b' }] }, first)
    expect(storedResponse(fields, { id: 'resp_2', output: [] }).input).toEqual([long('item_req-1_in0', 'a'), SAID, long('item_2_in2', 'b')])
  })

  it('takes an empty input, and refuses none', () => {
    const stored = storedResponse({ input: 'a' }, answerOf({}))
    expect(withPrevious({ input: [] }, stored)).toEqual({ input: [...stored.input, SAID] })
    expect(() => withPrevious({}, stored)).toThrow(GatewayError)
  })
})
