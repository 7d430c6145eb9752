import { describe, expect, it } from 'vitest'
import { decodeChat } from './decode-chat.ts'
import { CHAT_ANSWER, contextOf, CREATED, TOOL_ANSWER } from './fixtures/wire.ts'

const decode = (answer: unknown) => decodeChat(answer, contextOf('chat'))
const USAGE = { prompt_tokens: 26, completion_tokens: 282, total_tokens: 308 }
const HEAD = { id: 'chatcmpl-req-1', object: 'chat.completion', created: CREATED, model: 'smart' }
const failure = (message: string, rest: object = {}) =>
  expect.objectContaining({ name: 'CodecFailure', error: { message, type: undefined, param: undefined, code: undefined, ...rest } })

describe('decodeChat', () => {
  it('reads a text with its thinking', () => {
    expect(decode(CHAT_ANSWER)).toEqual({
      ...HEAD,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'It is cold.', refusal: null, reasoning_content: 'The user asks.' },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: USAGE,
    })
  })

  it('reads tool calls, whose reason is Ollama’s stop', () => {
    const call = { id: 'call_k3j2h1g0', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }
    expect(decode(TOOL_ANSWER)).toEqual({
      ...HEAD,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: null, refusal: null, tool_calls: [call] },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: USAGE,
    })
    expect(decode({ ...TOOL_ANSWER, message: { ...TOOL_ANSWER.message, content: 'Let me see.' }, done_reason: 'length' })).toMatchObject({
      choices: [{ message: { content: 'Let me see.', tool_calls: [call] }, finish_reason: 'length' }],
    })
  })

  it('reads log probabilities', () => {
    expect(decode({ ...CHAT_ANSWER, logprobs: [{ token: 'It', logprob: -0.5 }] })).toMatchObject({
      choices: [{ logprobs: { content: [{ token: 'It', logprob: -0.5, bytes: null, top_logprobs: [] }], refusal: null } }],
    })
  })

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['load', 'stop'],
    ['unload', 'stop'],
    ['something new', 'stop'],
  ])('the reason %s is %s', (reason, expected) => {
    expect(decode({ ...CHAT_ANSWER, done_reason: reason })).toMatchObject({ choices: [{ finish_reason: expected }] })
  })

  it('takes an absent count for 0, and no count that is none', () => {
    const { prompt_eval_count: _prompt, ...cached } = CHAT_ANSWER
    expect(decode(cached)['usage']).toEqual({ prompt_tokens: 0, completion_tokens: 282, total_tokens: 282 })
    expect(decode({ ...CHAT_ANSWER, prompt_eval_count: -1, eval_count: 1.5 })['usage']).toEqual({
      prompt_tokens: 0,
      completion_tokens: 0,
      total_tokens: 0,
    })
    expect(decode({ ...CHAT_ANSWER, prompt_eval_count: 1, eval_count: '5' })['usage']).toEqual({
      prompt_tokens: 1,
      completion_tokens: 0,
      total_tokens: 1,
    })
  })

  it.each([
    ['2026-08-21T12:00:00.1+02:00', CREATED],
    ['1970-01-01T00:00:01Z', 1],
    ['1970-01-01T00:00:00.9Z', 1_700_000_000],
    ['0001-01-01T00:00:00Z', 1_700_000_000],
    ['yesterday', 1_700_000_000],
    [undefined, 1_700_000_000],
  ])('created %s is %d', (time, expected) => {
    expect(decode({ ...CHAT_ANSWER, created_at: time })).toMatchObject({ created: expected })
  })

  it('has an empty text where Ollama tells none', () => {
    expect(decode({ ...CHAT_ANSWER, message: { role: 'assistant', thinking: null } })).toMatchObject({
      choices: [{ message: { role: 'assistant', content: '', refusal: null } }],
    })
    expect(decode({ ...CHAT_ANSWER, message: {} })['choices']).toEqual([
      { index: 0, message: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: 'stop' },
    ])
  })

  it('tells a failure in a 200', () => {
    expect(() => decode({ error: 'model runner has unexpectedly stopped' })).toThrow(failure('model runner has unexpectedly stopped'))
    expect(() => decode({ error: { message: 'too long', type: 'exceed_context_size_error', code: 400 } })).toThrow(
      failure('too long', { type: 'exceed_context_size_error', code: '400' }),
    )
    expect(() => decode({ ...CHAT_ANSWER, done_reason: '' })).toThrow(failure('The model server broke off its answer'))
    expect(() => decode({ ...CHAT_ANSWER, done_reason: undefined })).toThrow(failure('The model server broke off its answer'))
  })

  it.each([
    ['text', 'An answer is no JSON object'],
    [null, 'An answer is no JSON object'],
    [[CHAT_ANSWER], 'An answer is no JSON object'],
    [{ ...CHAT_ANSWER, done: false }, 'An answer that was not to be streamed is not done'],
    [{ ...CHAT_ANSWER, done: 'true' }, 'An answer that was not to be streamed is not done'],
    [{}, 'An answer that was not to be streamed is not done'],
    [{ ...CHAT_ANSWER, message: undefined }, 'An answer to a chat has no message'],
    [{ ...TOOL_ANSWER, message: { tool_calls: [{}] } }, 'A tool call has no function'],
  ])('%j makes no sense', (answer, message) => {
    expect(() => decode(answer)).toThrow(expect.objectContaining({ name: 'CodecMismatch', message }))
  })
})
