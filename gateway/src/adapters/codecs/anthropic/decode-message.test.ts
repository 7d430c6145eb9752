import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../lib/json.ts'
import { CodecFailure, CodecMismatch } from '../codec.ts'
import { anthropicCodec } from './anthropic.ts'
import { choicesOf, contextOf } from './fixtures/calls.ts'
import { MESSAGE, OVERLOADED } from './fixtures/documented.ts'

const decode = (rest: object, fields: JsonObject = {}) => anthropicCodec.decode({ ...MESSAGE, ...rest }, contextOf(fields))
const choice = (rest: object, fields: JsonObject = {}) => choicesOf(decode(rest, fields))[0]
const schema = { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {} } } }

describe('decode', () => {
  it('reads the documented message', () => {
    expect(decode({})).toEqual({
      id: 'msg_01',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'public',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Hi',
            refusal: null,
            reasoning_content: 'Let me',
            thinking_blocks: [{ type: 'thinking', thinking: 'Let me', signature: 'EqQB' }],
            tool_calls: [{ id: 'toolu_01', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }],
          },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 12, completion_tokens: 30, total_tokens: 42, prompt_tokens_details: { cached_tokens: 0 } },
    })
  })

  it('joins texts and thoughts, and has null for none', () => {
    const content = [
      { type: 'text', text: 'a' },
      { type: 'thinking', thinking: 'x', signature: '' },
      { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
      { type: 'redacted_thinking', data: 'd' },
      { type: 'thinking', thinking: 'y' },
      { type: 'text', text: 'b' },
    ]
    expect(choice({ content, stop_reason: 'end_turn' })).toEqual({
      index: 0,
      message: {
        role: 'assistant',
        content: 'ab',
        refusal: null,
        reasoning_content: 'xy',
        thinking_blocks: [{ type: 'redacted_thinking', data: 'd' }],
      },
      logprobs: null,
      finish_reason: 'stop',
    })
    expect(choice({ content: [], stop_reason: 'end_turn' })?.['message']).toEqual({ role: 'assistant', content: null, refusal: null })
  })

  it('keeps the signature of thinking whose text is withheld', () => {
    const thinking = { type: 'thinking', thinking: '', signature: 's' }
    expect(choice({ content: [thinking], stop_reason: 'end_turn' })?.['message']).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      thinking_blocks: [thinking],
    })
  })

  it('counts calls and makes ids where there are none', () => {
    const use = (id: unknown) => ({ type: 'tool_use', id, name: 'f' })
    const calls = [use('a'), use(''), use(undefined)].map(({ name }, index) => ({
      id: ['a', 'call_r-1_1', 'call_r-1_2'][index],
      type: 'function',
      function: { name, arguments: '{}' },
    }))
    expect(choice({ content: [use('a'), use(''), use(undefined)] })?.['message']).toMatchObject({ tool_calls: calls })
    expect(decode({ id: undefined })['id']).toBe('chatcmpl-r-1')
    expect(decode({ id: '' })['id']).toBe('chatcmpl-r-1')
  })

  it('tells which stop text was hit, and a refusal', () => {
    const hit = { content: [{ type: 'text', text: 'a' }], stop_reason: 'stop_sequence', stop_sequence: '###' }
    expect(choice(hit)).toMatchObject({ finish_reason: 'stop', stop_reason: '###' })
    expect(choice({ ...hit, stop_reason: 'refusal', stop_details: { type: 'refusal', explanation: 'no' } })).toEqual({
      index: 0,
      message: { role: 'assistant', content: 'a', refusal: 'no' },
      logprobs: null,
      finish_reason: 'content_filter',
    })
  })

  it('takes a call of its own tool for the answer', () => {
    const content = [{ type: 'tool_use', id: 'x', name: 'answer_as_json', input: { a: 1 } }]
    expect(choice({ content }, schema)).toEqual({
      index: 0,
      message: { role: 'assistant', content: '{"a":1}', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    })
    expect(choice({ content })).toMatchObject({ message: { content: null }, finish_reason: 'tool_calls' })
    const taken = { ...schema, tools: [{ function: { name: 'answer_as_json' } }] }
    expect(choice({ content }, taken)).toMatchObject({ finish_reason: 'tool_calls' })
  })

  it('takes an answer for one, whatever stands beside it', () => expect(decode({ error: { message: 'm' } })).toEqual(decode({})))

  it('has no usage where none is told', () => expect(decode({ usage: undefined })).not.toHaveProperty('usage'))

  it.each([
    ['Anthropic’s error', OVERLOADED, { message: 'Overloaded', type: 'overloaded_error', param: undefined, code: 'overloaded_error' }],
    ['a proxy’s error', { error: { message: 'm' } }, { message: 'm', type: undefined, param: undefined, code: undefined }],
  ])('%s in a 200 is a failure', (_name, answer, error) => {
    expect(() => anthropicCodec.decode(answer, contextOf())).toThrow(CodecFailure)
    try {
      anthropicCodec.decode(answer, contextOf())
    } catch (failure) {
      expect(failure).toMatchObject({ error })
    }
  })

  it.each([
    ['no object', 'x'],
    ['a list', []],
    ['no content', { ...MESSAGE, content: undefined }],
    ['content that is no list', { ...MESSAGE, content: 'x' }],
    ['no stop_reason', { ...MESSAGE, stop_reason: null }],
    ['a block that is none', { ...MESSAGE, content: ['x'] }],
    ['a text without text', { ...MESSAGE, content: [{ type: 'text' }] }],
    ['thinking without a text', { ...MESSAGE, content: [{ type: 'thinking', signature: 's' }] }],
    ['redacted thinking without data', { ...MESSAGE, content: [{ type: 'redacted_thinking' }] }],
    ['a call without a name', { ...MESSAGE, content: [{ type: 'tool_use', id: 'x' }] }],
  ])('makes no sense of %s', (_name, answer) => expect(() => anthropicCodec.decode(answer, contextOf())).toThrow(CodecMismatch))
})
