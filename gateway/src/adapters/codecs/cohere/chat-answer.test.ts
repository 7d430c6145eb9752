import { describe, expect, it } from 'vitest'
import { CodecFailure, CodecMismatch } from '../codec.ts'
import { decodeChat } from './chat-answer.ts'
import { encodeMessages } from './chat-messages.ts'
import { CITATION, USAGE } from './fixtures/stream-events.ts'

const CONTEXT = { endpoint: 'chat', fields: {}, model: 'public', id: 'r-1', created: 1_700_000_000 } as const
const answer = (message: object, rest: object = {}) => ({
  id: 'f201af17',
  message: { role: 'assistant', refusal: null, ...message },
  finish_reason: 'COMPLETE',
  usage: USAGE,
  ...rest,
})
const decode = (json: unknown) => decodeChat(json, CONTEXT)
const text = (value: string) => ({ type: 'text', text: value })

const completion = (message: object, finishReason = 'stop', rest: object = {}) => ({
  id: 'chatcmpl-r-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'public',
  choices: [{ index: 0, message: { role: 'assistant', refusal: null, ...message }, logprobs: null, finish_reason: finishReason }],
  usage: {
    prompt_tokens: 1445,
    completion_tokens: 43,
    total_tokens: 1488,
    prompt_tokens_details: { cached_tokens: 704 },
    billed_units: { input_tokens: 46, output_tokens: 14 },
  },
  ...rest,
})

const wireCall = (id: unknown, args: unknown) => ({ id, type: 'function', function: { name: 'weather', arguments: args } })

describe('decodeChat', () => {
  it('joins texts, and gives thinking as reasoning', () => {
    const content = [
      { type: 'thinking', thinking: 'Hm' },
      text('2 + 2'),
      text(' = 4'),
      { type: 'new', x: 1 },
      { type: 'text', text: 5 },
      'x',
    ]
    expect(decode(answer({ content }))).toEqual(completion({ content: '2 + 2 = 4', reasoning_content: 'Hm' }))
  })

  it('gives the plan of tool calls as reasoning, and no content', () => {
    const message = { tool_plan: 'I will look', tool_calls: [wireCall('weather_e8p4', '{"city":"Oslo"}')] }
    expect(decode(answer(message, { finish_reason: 'TOOL_CALL' }))).toEqual(
      completion(
        { content: null, reasoning_content: 'I will look', tool_calls: [wireCall('weather_e8p4', '{"city":"Oslo"}')] },
        'tool_calls',
      ),
    )
  })

  it('keeps a text beside tool calls', () => {
    const message = { content: [text('Wait')], tool_calls: [wireCall('a', '{}')] }
    expect(decode(answer(message))).toEqual(completion({ content: 'Wait', tool_calls: [wireCall('a', '{}')] }, 'tool_calls'))
  })

  it.each([
    ['null', '{}'],
    [' null ', '{}'],
    ['', '{}'],
    ['  ', '{}'],
    [undefined, '{}'],
    [{ a: 1 }, '{"a":1}'],
    ['{"nullable":null}', '{"nullable":null}'],
  ])('arguments %j', (given, expected) => {
    expect(decode(answer({ tool_calls: [wireCall('a', given)] }))).toEqual(
      completion({ content: null, tool_calls: [wireCall('a', expected)] }, 'tool_calls'),
    )
  })

  it('gives ids to calls that have none', () => {
    expect(decode(answer({ tool_calls: [wireCall('', '{}'), wireCall(undefined, '{}')] }))).toEqual(
      completion({ content: null, tool_calls: [wireCall('call_r-1_0', '{}'), wireCall('call_r-1_1', '{}')] }, 'tool_calls'),
    )
  })

  it('keeps citations in their own form', () => {
    expect(decode(answer({ content: [text('café')], citations: [CITATION] }))).toEqual(
      completion({ content: 'café', citations: [CITATION] }),
    )
    expect(decode(answer({ content: [text('café')], citations: [] }))).toEqual(completion({ content: 'café' }))
  })

  it.each([
    ['COMPLETE', 'stop'],
    ['STOP_SEQUENCE', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['TOOL_CALL', 'tool_calls'],
    ['BRAND_NEW', 'stop'],
  ])('%s is %s', (reason, expected) => {
    expect(decode(answer({ content: [text('x')] }, { finish_reason: reason }))).toEqual(completion({ content: 'x' }, expected))
  })

  it('says length, not tool_calls, where a call was cut off', () => {
    const cut = answer({ tool_calls: [wireCall('a', '{"ci')] }, { finish_reason: 'MAX_TOKENS' })
    expect(decode(cut)).toEqual(completion({ content: null, tool_calls: [wireCall('a', '{"ci')] }, 'length'))
  })

  it('reads a content that is a string or missing', () => {
    expect(decode(answer({ content: 'x' }))).toEqual(completion({ content: 'x' }))
    expect(decode(answer({}))).toEqual(completion({ content: '' }))
    expect(decode(answer({ content: null, tool_plan: null, tool_calls: null }))).toEqual(completion({ content: '' }))
  })

  it.each([
    [
      'billed units where there are no tokens',
      { billed_units: { input_tokens: 5, output_tokens: 2 } },
      { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7, billed_units: { input_tokens: 5, output_tokens: 2 } },
    ],
    ['tokens alone', { tokens: { input_tokens: 5, output_tokens: 2 } }, { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 }],
    ['one count alone', { tokens: { input_tokens: 5 } }, { prompt_tokens: 5, completion_tokens: 0, total_tokens: 5 }],
    ['the other count alone', { tokens: { output_tokens: 2 } }, { prompt_tokens: 0, completion_tokens: 2, total_tokens: 2 }],
    [
      'zero cached',
      { tokens: { input_tokens: 5, output_tokens: 0 }, cached_tokens: 0 },
      { prompt_tokens: 5, completion_tokens: 0, total_tokens: 5, prompt_tokens_details: { cached_tokens: 0 } },
    ],
    ['counts that are none', { tokens: { input_tokens: -1, output_tokens: '2' } }, undefined],
    ['nothing', {}, undefined],
    ['no usage', undefined, undefined],
  ])('counts %s', (_name, usage, expected) => {
    expect(decode(answer({ content: [text('x')] }, { usage }))['usage']).toEqual(expected)
  })

  it('leaves usage out where none was told', () => {
    expect('usage' in decode(answer({ content: [text('x')] }, { usage: undefined }))).toBe(false)
  })

  it('translates log probabilities, those of several tokens as one', () => {
    const logprobs = [
      { text: 'Par', token_ids: [1], logprobs: [-0.5] },
      { text: 'is', token_ids: [2, 3], logprobs: [-0.25, -1] },
      { text: 'x', token_ids: [4] },
      { token_ids: [5], logprobs: [-1] },
      { text: 'y', token_ids: [5], logprobs: ['-1'] },
      null,
    ]
    expect(decode(answer({ content: [text('Paris')] }, { logprobs }))['choices']).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: 'Paris', refusal: null },
        logprobs: {
          content: [
            { token: 'Par', logprob: -0.5, bytes: null, top_logprobs: [] },
            { token: 'is', logprob: -1.25, bytes: null, top_logprobs: [] },
          ],
          refusal: null,
        },
        finish_reason: 'stop',
      },
    ])
    expect(decode(answer({ content: [text('x')] }, { logprobs: [] }))).toEqual(completion({ content: 'x' }))
  })

  it('brings an answer back as it came', () => {
    const message = { tool_plan: 'I will look', tool_calls: [wireCall('weather_e8p4', '{"city":"Oslo"}')], citations: [CITATION] }
    const [choice] = JSON.parse(JSON.stringify(decode(answer(message))['choices']))
    expect(encodeMessages([choice.message])).toEqual([{ role: 'assistant', ...message }])
    const thought = { content: [{ type: 'thinking', thinking: 'Hm' }, text('4')] }
    const [second] = JSON.parse(JSON.stringify(decode(answer(thought))['choices']))
    expect(encodeMessages([second.message])).toEqual([{ role: 'assistant', ...thought }])
  })

  it.each([
    ['ERROR', answer({ content: [] }, { finish_reason: 'ERROR' }), 'The model failed while it answered', 'ERROR'],
    ['TIMEOUT', answer({ content: [] }, { finish_reason: 'TIMEOUT' }), 'The model took too long to answer', 'TIMEOUT'],
    ['a bare message', { message: 'too many tokens', id: 'x' }, 'too many tokens', undefined],
    ["a proxy's error", { error: { message: 'm', code: 429 } }, 'm', '429'],
  ])('fails on %s', (_name, json, message, code) => {
    expect(() => decode(json)).toThrow(
      expect.toSatisfy((error) => {
        expect(error).toBeInstanceOf(CodecFailure)
        if (error instanceof CodecFailure) expect(error.error).toEqual({ message, type: undefined, param: undefined, code })
        return true
      }),
    )
  })

  it.each([
    ['no object', []],
    ['no message', { id: 'x', finish_reason: 'COMPLETE' }],
    ['no reason', answer({ content: [text('x')] }, { finish_reason: null })],
    ['a call without a function', answer({ tool_calls: [{ id: 'a' }] })],
    ['a call without a name', answer({ tool_calls: [{ id: 'a', function: { arguments: '{}' } }] })],
    ['a call that is none', answer({ tool_calls: ['x'] })],
  ])('makes no sense of %s', (_name, json) => {
    expect(() => decode(json)).toThrow(CodecMismatch)
  })
})
