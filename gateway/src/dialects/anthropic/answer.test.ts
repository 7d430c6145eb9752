import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { fromCanonical } from './answer.ts'
import { contextOf } from './fixtures/context.ts'
import { PLACEHOLDER_SIGNATURE } from './thinking.ts'

const answerOf = (message: JsonObject, finishReason: string | null = 'stop', rest: JsonObject = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'upstream',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finishReason }],
  ...rest,
})
const convert = (message: JsonObject, finishReason: string | null = 'stop', fields: JsonObject = {}) =>
  fromCanonical(answerOf(message, finishReason), contextOf(fields))
const callOf = (called: JsonObject, id: unknown = 'call_1') => ({ id, type: 'function', function: called })

describe('an answer', () => {
  it('becomes a message, field by field', () => {
    const message = {
      reasoning_content: 'Hm',
      content: 'Hi',
      tool_calls: [callOf({ name: 'get_weather', arguments: '{"city":"Oslo"}' })],
    }
    const usage = {
      prompt_tokens: 20,
      completion_tokens: 30,
      total_tokens: 50,
      prompt_tokens_details: { cached_tokens: 5, cache_creation_input_tokens: 3 },
      completion_tokens_details: { reasoning_tokens: 7 },
    }
    expect(fromCanonical(answerOf(message, 'tool_calls', { usage }), contextOf())).toEqual({
      id: 'msg_req-1',
      type: 'message',
      role: 'assistant',
      model: 'claude-x',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: PLACEHOLDER_SIGNATURE },
        { type: 'text', text: 'Hi' },
        { type: 'tool_use', id: 'call_1', name: 'get_weather', input: { city: 'Oslo' } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: {
        input_tokens: 12,
        output_tokens: 30,
        cache_creation_input_tokens: 3,
        cache_read_input_tokens: 5,
        output_tokens_details: { thinking_tokens: 7 },
      },
    })
  })

  it.each<[string, JsonObject]>([
    ['null', { content: null }],
    ['an empty text', { content: '', reasoning_content: '', tool_calls: [] }],
    ['nothing', {}],
  ])('of %s has no content', (_name, message) => expect(convert(message)['content']).toEqual([]))

  it('without a message or a choice', () => {
    expect(fromCanonical({ choices: [{ finish_reason: 'stop' }] }, contextOf())['content']).toEqual([])
    expect(() => fromCanonical({ choices: [] }, contextOf())).toThrow(
      expect.objectContaining({ code: 'upstream_protocol_error', message: "The model's answer has no content" }),
    )
  })

  it('may be in parts', () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
      { type: 'text', text: 'a' },
      { type: 'reference' },
      { type: 'text', text: 'b' },
    ]
    expect(convert({ content })['content']).toEqual([
      { type: 'thinking', thinking: 'Hm', signature: PLACEHOLDER_SIGNATURE },
      { type: 'text', text: 'ab' },
    ])
  })
})

describe('thinking', () => {
  const blocks = [
    { type: 'thinking', thinking: 'Hm', signature: 'sig' },
    { type: 'redacted_thinking', data: 'secret' },
    { type: 'thinking', thinking: 'So' },
    { type: 'other' },
  ]

  it('comes as signed where it was signed', () => {
    expect(convert({ reasoning_content: 'HmSo', thinking_blocks: blocks })['content']).toEqual([
      { type: 'thinking', thinking: 'Hm', signature: 'sig' },
      { type: 'redacted_thinking', data: 'secret' },
      { type: 'thinking', thinking: 'So', signature: PLACEHOLDER_SIGNATURE },
    ])
  })

  it('comes without its text, or not at all, as the client wants', () => {
    const omitted = { thinking: { type: 'adaptive', display: 'omitted' } }
    const off = { thinking: { type: 'disabled' } }
    expect(convert({ reasoning: 'Hm' }, 'stop', omitted)['content']).toEqual([
      { type: 'thinking', thinking: '', signature: PLACEHOLDER_SIGNATURE },
    ])
    expect(convert({ thinking_blocks: blocks.slice(0, 2) }, 'stop', omitted)['content']).toEqual([
      { type: 'thinking', thinking: '', signature: 'sig' },
      { type: 'redacted_thinking', data: 'secret' },
    ])
    expect(convert({ reasoning: 'Hm', thinking_blocks: blocks }, 'stop', off)['content']).toEqual([])
  })
})

describe('tool calls', () => {
  const inputsOf = (tool_calls: unknown, finishReason = 'tool_calls') => convert({ tool_calls }, finishReason)['content']

  it.each<[unknown, JsonObject]>([
    ['{"a":1}', { a: 1 }],
    ['', {}],
    ['  ', {}],
    ['null', {}],
    [undefined, {}],
    [{ a: 1 }, { a: 1 }],
  ])('with the arguments %j', (called, input) => {
    expect(inputsOf([callOf({ name: 'f', arguments: called })])).toEqual([{ type: 'tool_use', id: 'call_1', name: 'f', input }])
  })

  it('get an id where they have none', () => {
    const calls = [callOf({ name: 'f', arguments: '{}' }, ''), callOf({ name: 'g', arguments: '{}' }, null)]
    expect(inputsOf(calls)).toEqual([
      { type: 'tool_use', id: 'toolu_req-1_0', name: 'f', input: {} },
      { type: 'tool_use', id: 'toolu_req-1_1', name: 'g', input: {} },
    ])
    expect(convert({ function_call: { name: 'f', arguments: '{}' } }, 'function_call')).toMatchObject({
      content: [{ type: 'tool_use', id: 'toolu_req-1_0', name: 'f', input: {} }],
      stop_reason: 'tool_use',
    })
  })

  it.each<[string, JsonObject]>([
    ['no JSON', { name: 'f', arguments: '{"a":' }],
    ['no object', { name: 'f', arguments: '[]' }],
    ['no name', { arguments: '{}' }],
  ])('with %s are an error of the backend', (_name, called) => {
    expect(() => inputsOf([callOf(called)])).toThrow(
      expect.objectContaining({ code: 'upstream_protocol_error', message: 'The model called a tool in a way that makes no sense' }),
    )
  })

  it('may be cut by the length of the answer', () => {
    expect(convert({ tool_calls: [callOf({ name: 'f', arguments: '{"a":' })] }, 'length')).toMatchObject({
      content: [{ type: 'tool_use', id: 'call_1', name: 'f', input: {} }],
      stop_reason: 'max_tokens',
    })
  })
})

describe('a refusal', () => {
  it('is a text and a reason', () => {
    expect(convert({ content: null, refusal: 'No.' })).toMatchObject({
      content: [{ type: 'text', text: 'No.' }],
      stop_reason: 'refusal',
      stop_sequence: null,
      stop_details: { type: 'refusal', category: null, explanation: 'No.' },
    })
  })
})
