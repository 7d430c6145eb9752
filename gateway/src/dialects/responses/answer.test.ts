import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { fromCanonical } from './answer.ts'
import { sealBlock } from './encrypted-content.ts'
import { contextOf, MODEL, PLAIN_RESPONSE } from './fixtures/context.ts'

const answerOf = (message: unknown, finishReason: unknown = 'stop', rest: JsonObject = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'upstream',
  choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
  ...rest,
})
const responseOf = (message: JsonObject, finishReason = 'stop', fields: JsonObject = {}) =>
  fromCanonical(answerOf(message, finishReason), contextOf(fields))
const outputOf = (message: JsonObject, finishReason = 'stop', fields: JsonObject = {}) =>
  responseOf(message, finishReason, fields)['output']

const text = (value: string, rest: JsonObject = {}) => ({ type: 'output_text', annotations: [], logprobs: [], text: value, ...rest })
const said = (index: number, content: readonly JsonObject[], rest: JsonObject = {}) => ({
  id: `msg_req-1_${index}`,
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content,
  ...rest,
})
const thought = (index: number, value: string, rest: JsonObject = {}) => ({
  id: `rs_req-1_${index}`,
  type: 'reasoning',
  status: 'completed',
  summary: [],
  content: value === '' ? [] : [{ type: 'reasoning_text', text: value }],
  ...rest,
})
const called = (index: number, id: string, args: string, rest: JsonObject = {}) => ({
  id: `fc_req-1_${index}`,
  type: 'function_call',
  status: 'completed',
  arguments: args,
  call_id: id,
  name: 'f',
  ...rest,
})
const call = (id: unknown, args: unknown, name = 'f') => ({ id, type: 'function', function: { name, arguments: args } })

describe('the response', () => {
  it('has every field', () => {
    expect(responseOf({ role: 'assistant', content: 'Hi' })).toEqual({ ...PLAIN_RESPONSE, output: [said(0, [text('Hi')])] })
  })

  it('repeats what was asked for', () => {
    const asked = {
      instructions: 'i',
      max_output_tokens: 5,
      max_tool_calls: 2,
      metadata: { a: 'b' },
      parallel_tool_calls: false,
      previous_response_id: 'resp_0',
      prompt_cache_key: 'k',
      safety_identifier: 's',
      store: false,
      temperature: 0,
      tool_choice: { type: 'function', name: 'f' },
      tools: [{ type: 'function', name: 'f', parameters: {}, strict: true }],
      top_logprobs: 3,
      top_p: 0.5,
      user: 'u',
    }
    const format = { type: 'json_object' }
    const fields = {
      ...asked,
      text: { format, verbosity: 'low' },
      reasoning: { effort: 'low', generate_summary: 'auto' },
      truncation: 'auto',
    }
    const expected = { text: { format, verbosity: 'low' }, reasoning: { effort: 'low', summary: 'auto' } }
    expect(responseOf({ content: null }, 'stop', fields)).toEqual({ ...PLAIN_RESPONSE, ...asked, ...expected })
  })

  it('has nothing but nulls for what was asked for in no known form', () => {
    const fields = {
      instructions: null,
      temperature: '1',
      top_p: null,
      metadata: null,
      tools: null,
      tool_choice: null,
      text: { format: null },
      top_logprobs: null,
    }
    expect(responseOf({ content: '' }, 'stop', fields)).toEqual(PLAIN_RESPONSE)
  })

  it('tells the tokens and the tier', () => {
    const usage = { prompt_tokens: 9, completion_tokens: 12, total_tokens: 21, completion_tokens_details: { reasoning_tokens: 7 } }
    const response = fromCanonical(answerOf({ content: 'a' }, 'stop', { usage, service_tier: 'flex' }), contextOf())
    expect(response['service_tier']).toBe('flex')
    expect(response['usage']).toEqual({
      input_tokens: 9,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 12,
      output_tokens_details: { reasoning_tokens: 7 },
      total_tokens: 21,
    })
    expect(response['model']).toBe(MODEL)
  })

  it.each([
    ['length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
  ])('is incomplete after %s', (finishReason, reason) => {
    const incomplete = { status: 'incomplete', completed_at: null, incomplete_details: { reason } }
    const output = [thought(0, 'hm'), said(1, [text('a')], { status: 'incomplete' })]
    expect(responseOf({ content: 'a', reasoning_content: 'hm' }, finishReason)).toEqual({ ...PLAIN_RESPONSE, ...incomplete, output })
  })

  it.each([[null], [undefined], [7]])('is complete after a reason of %j', (reason) => {
    expect(fromCanonical(answerOf({ content: 'a' }, reason), contextOf())['status']).toBe('completed')
  })
})

describe('the output', () => {
  it('is reasoning, then the message, then calls', () => {
    const message = {
      content: 'a',
      reasoning_content: 'hm',
      tool_calls: [call('c1', '{"x":1}'), call('c2', '{}')],
    }
    expect(outputOf(message, 'tool_calls')).toEqual([
      thought(0, 'hm'),
      said(1, [text('a')]),
      called(2, 'c1', '{"x":1}'),
      called(3, 'c2', '{}'),
    ])
  })

  it('is of the first choice', () => {
    const choices = [
      { index: 1, message: { content: 'b' }, finish_reason: 'length' },
      { index: 0, message: { content: 'a' }, finish_reason: 'stop' },
    ]
    const response = fromCanonical({ choices }, contextOf())
    expect([response['output'], response['status']]).toEqual([[said(0, [text('a')])], 'completed'])
  })

  it.each<[string, JsonObject]>([
    ['nothing', {}],
    ['an empty text', { content: '' }],
    ['nulls', { content: null, refusal: null, tool_calls: null, reasoning_content: null, annotations: null }],
  ])('is empty for %s', (_name, message) => expect(outputOf(message)).toEqual([]))

  it('is empty for a message that is none', () => {
    expect(fromCanonical(answerOf('Hi'), contextOf())['output']).toEqual([])
  })

  it.each<[string, JsonObject]>([
    ['reasoning', { reasoning: 'ab' }],
    ['two fields that say the same', { reasoning: 'ab', reasoning_content: 'ab' }],
    ['reasoning_details', { reasoning_details: [{ text: 'a' }, { summary: 'b' }] }],
    ['a thinking part', { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'ab' }] }] }],
    ['blocks without a signature', { thinking_blocks: [{ type: 'thinking', thinking: 'ab' }] }],
  ])('reads %s', (_name, message) => expect(outputOf(message)).toEqual([thought(0, 'ab')]))

  it.each([{ summary: 'auto' }, { summary: 'detailed' }, { generate_summary: 'concise' }])('has a summary where asked: %j', (reasoning) => {
    const summary = [{ type: 'summary_text', text: 'hm' }]
    expect(outputOf({ reasoning_content: 'hm' }, 'stop', { reasoning })).toEqual([
      { id: 'rs_req-1_0', type: 'reasoning', status: 'completed', summary },
    ])
  })

  it('has an item for each signed block, which bears the block', () => {
    const blocks = [
      { type: 'thinking', thinking: 'a', signature: 's1' },
      { type: 'redacted_thinking', data: 'd' },
      { type: 'thinking', thinking: '', signature: 's2' },
      { type: 'thinking', thinking: 'c', signature: 's3' },
    ]
    const sealed = blocks.map((block) => ({ encrypted_content: sealBlock(block) }))
    expect(outputOf({ content: 'x', reasoning_content: 'ac', thinking_blocks: blocks })).toEqual([
      thought(0, 'a', sealed[0]),
      thought(1, '', sealed[1]),
      thought(2, '', sealed[2]),
      thought(3, 'c', sealed[3]),
      said(4, [text('x')]),
    ])
  })

  it('joins text parts, and refuses in a part of its own', () => {
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]
    expect(outputOf({ content: parts })).toEqual([said(0, [text('ab')])])
    expect(outputOf({ content: 'a', refusal: 'No' })).toEqual([said(0, [text('a'), { type: 'refusal', refusal: 'No' }])])
    expect(outputOf({ content: null, refusal: 'No' })).toEqual([said(0, [{ type: 'refusal', refusal: 'No' }])])
  })

  it('cites', () => {
    const citation = { start_index: 0, end_index: 1, url: 'https://x', title: 't' }
    const other = { type: 'file_citation', file_id: 'f', index: 1 }
    const annotations = [{ type: 'url_citation', url_citation: citation }, other, 'x', { type: 'url_citation', url: 'https://y' }]
    const flat = [{ type: 'url_citation', ...citation }, other, { type: 'url_citation', url: 'https://y' }]
    expect(outputOf({ content: 'a', annotations })).toEqual([said(0, [text('a', { annotations: flat })])])
    expect(outputOf({ content: '', annotations })).toEqual([])
    expect(outputOf({ content: null, annotations, refusal: 'No' })).toEqual([said(0, [{ type: 'refusal', refusal: 'No' }])])
  })

  it('tells the probabilities', () => {
    const top = [{ token: 'a', logprob: -0.1, bytes: null }, 'x']
    const logprobs = {
      content: [
        { token: 'a', logprob: -0.1, bytes: [97], top_logprobs: top },
        { token: 'b', logprob: -2 },
      ],
    }
    const answer = { choices: [{ index: 0, message: { content: 'ab' }, logprobs, finish_reason: 'stop' }] }
    const told = [
      { token: 'a', logprob: -0.1, bytes: [97], top_logprobs: [{ token: 'a', logprob: -0.1, bytes: [] }] },
      { token: 'b', logprob: -2, bytes: [], top_logprobs: [] },
    ]
    expect(fromCanonical(answer, contextOf())['output']).toEqual([said(0, [text('ab', { logprobs: told })])])
  })

  it("bears what Google's models want back", () => {
    const extra = { extra_content: { google: { thought_signature: 's' } } }
    expect(outputOf({ content: 'a', ...extra, tool_calls: [{ ...call('c', '{}'), ...extra }, call('d', '{}')] })).toEqual([
      said(0, [text('a')], extra),
      called(1, 'c', '{}', extra),
      called(2, 'd', '{}'),
    ])
    expect(outputOf({ content: 'a', extra_content: 's' })).toEqual([said(0, [text('a')])])
  })
})

describe('calls', () => {
  it.each<[string, unknown, string]>([
    ['no arguments', '', '{}'],
    ['none at all', undefined, '{}'],
    ["Cohere's none", 'null', '{}'],
    ['an object', { x: 1 }, '{"x":1}'],
    ['what is no JSON', '{"x":', '{"x":'],
    ['spaces before', ' {"x":1}', ' {"x":1}'],
  ])('have %s', (_name, args, told) => expect(outputOf({ tool_calls: [call('c', args)] })).toEqual([called(0, 'c', told)]))

  it('get ids of their own where the backend has none, or one for all', () => {
    const calls = [call('', '{}'), call('0', '{}'), call('0', '{"x":1}'), call(undefined, '{}'), call('0', '{}')]
    expect(outputOf({ tool_calls: calls })).toEqual([
      called(0, 'call_req-1_0', '{}'),
      called(1, '0', '{}'),
      called(2, 'call_req-1_2', '{"x":1}'),
      called(3, 'call_req-1_3', '{}'),
      called(4, 'call_req-1_4', '{}'),
    ])
  })

  it('may be the one function_call of old', () => {
    expect(outputOf({ content: null, function_call: { name: 'f', arguments: '{"x":1}' } }, 'function_call')).toEqual([
      called(0, 'call_req-1_0', '{"x":1}'),
    ])
  })

  it('that were cut off are incomplete, and stay as they are', () => {
    const incomplete = { status: 'incomplete' }
    expect(outputOf({ tool_calls: [call('a', ''), call('b', '{"x":')] }, 'length')).toEqual([
      called(0, 'a', '{}'),
      called(1, 'b', '{"x":', incomplete),
    ])
    expect(outputOf({ tool_calls: [call('a', '')] }, 'length')).toEqual([called(0, 'a', '', incomplete)])
  })
})

describe('what makes no sense', () => {
  it.each<[string, JsonObject]>([
    ['no choices', {}],
    ['an empty list', { choices: [] }],
    ['another choice alone', { choices: [{ index: 1, message: { content: 'a' } }] }],
    ['a call without a name', answerOf({ tool_calls: [call('a', '{}', '')] })],
    ['a call without a name after another', answerOf({ tool_calls: [call('a', '{}'), { id: 'b' }] }, 'length')],
  ])('%s', (_name, answer) => {
    expect(() => fromCanonical(answer, contextOf())).toThrow(GatewayError)
    expect(() => fromCanonical(answer, contextOf())).toThrow(expect.objectContaining({ code: 'upstream_protocol_error' }))
  })
})
