import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { contextOf, MODEL } from './fixtures/context.ts'
import { refusalOf } from './fixtures/errors-of.ts'
import { ollamaChatDialect } from './ollama-chat.ts'
import { ollamaGenerateDialect } from './ollama-generate.ts'

const DURATIONS = { total_duration: 100_000_000, load_duration: 0, prompt_eval_duration: 0, eval_duration: 100_000_000 }
const DONE = { model: MODEL, created_at: '2026-08-21T10:00:00.100Z', done: true, done_reason: 'stop', ...DURATIONS }
const USAGE = { prompt_tokens: 26, completion_tokens: 282, total_tokens: 308 }
const CALL = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }
const NATIVE_CALL = { id: 'call_1', function: { index: 0, name: 'f', arguments: { x: 1 } } }

const choiceOf = (message: JsonObject, rest: JsonObject = {}) => ({
  index: 0,
  message: { role: 'assistant', ...message },
  finish_reason: 'stop',
  ...rest,
})
const chat = (choice: JsonObject, fields: JsonObject = {}) => ollamaChatDialect.fromCanonical({ choices: [choice] }, contextOf(fields))
const generate = (choice: JsonObject, fields: JsonObject = {}) =>
  ollamaGenerateDialect.fromCanonical({ choices: [choice] }, contextOf(fields))

describe('a chat', () => {
  it('has all that a chat completion says', () => {
    const message = { content: 'It is', reasoning_content: 'The user', tool_calls: [CALL] }
    const logprobs = { content: [{ token: 'It', logprob: -1, bytes: null, top_logprobs: [] }] }
    const answer = { choices: [choiceOf(message, { finish_reason: 'tool_calls', logprobs })], usage: USAGE }
    expect(ollamaChatDialect.fromCanonical(answer, contextOf({ logprobs: true }))).toStrictEqual({
      ...DONE,
      message: { role: 'assistant', content: 'It is', thinking: 'The user', tool_calls: [NATIVE_CALL] },
      logprobs: [{ token: 'It', logprob: -1 }],
      prompt_eval_count: 26,
      eval_count: 282,
    })
  })

  it('tells the counts of 0 that it was told', () => {
    const answer = { choices: [choiceOf({ content: '' })], usage: { prompt_tokens: 5, completion_tokens: 0 } }
    expect(ollamaChatDialect.fromCanonical(answer, contextOf())).toStrictEqual({
      ...DONE,
      message: { role: 'assistant', content: '' },
      prompt_eval_count: 5,
      eval_count: 0,
    })
  })

  it.each([
    ['content of null', { content: null }, { content: '' }],
    [
      'parts',
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { content: 'ab' },
    ],
    ['reasoning by its other name', { content: 'a', reasoning: 'r' }, { content: 'a', thinking: 'r' }],
    ['a refusal', { content: null, refusal: 'No.' }, { content: 'No.' }],
    [
      'the older form of a call',
      { content: null, function_call: { name: 'f', arguments: '{}' } },
      {
        content: '',
        tool_calls: [{ id: 'call_req-1_0', function: { index: 0, name: 'f', arguments: {} } }],
      },
    ],
  ])('takes %s', (_name, message, expected) => {
    expect(chat(choiceOf(message))).toStrictEqual({ ...DONE, message: { role: 'assistant', ...expected } })
  })

  it('hides thinking from a client that has switched it off', () => {
    const message = { content: 'a', reasoning_content: 'r' }
    expect(chat(choiceOf(message), { think: false })['message']).toStrictEqual({ role: 'assistant', content: 'a' })
    expect(chat(choiceOf(message), { think: true })['message']).toStrictEqual({ role: 'assistant', content: 'a', thinking: 'r' })
  })

  it.each([
    ['length', 'length'],
    ['tool_calls', 'stop'],
    ['content_filter', 'stop'],
    [null, 'stop'],
  ])('ends by %s with %s', (reason, expected) => {
    expect(chat(choiceOf({ content: 'a' }, { finish_reason: reason }))['done_reason']).toBe(expected)
  })

  it('leaves a call out that was cut off', () => {
    const broken = { ...CALL, function: { name: 'g', arguments: '{"x":' } }
    const message = { content: 'a', tool_calls: [CALL, broken] }
    expect(chat(choiceOf(message, { finish_reason: 'length' }))).toStrictEqual({
      ...DONE,
      done_reason: 'length',
      message: { role: 'assistant', content: 'a', tool_calls: [NATIVE_CALL] },
    })
    expect(refusalOf(() => chat(choiceOf(message)))).toEqual({
      code: 'upstream_protocol_error',
      param: undefined,
      message: 'The model called a tool in a way that makes no sense',
    })
  })

  it('is of the first choice, and of none without one', () => {
    const second = { index: 1, message: { content: 'b' }, finish_reason: 'stop' }
    const answer = { choices: [second, choiceOf({ content: 'a' })] }
    expect(ollamaChatDialect.fromCanonical(answer, contextOf())['message']).toEqual({ role: 'assistant', content: 'a' })
    expect(refusalOf(() => chat(second))).toEqual({
      code: 'upstream_protocol_error',
      param: undefined,
      message: "The model's answer has no content",
    })
  })

  it('fails where the model says so', () => {
    expect(refusalOf(() => chat(choiceOf({ content: 'a' }, { finish_reason: 'error' })))).toEqual({
      code: 'upstream_error',
      param: undefined,
      message: 'The model failed while it answered',
    })
  })
})

describe('a generated text', () => {
  it('comes from a chat completion', () => {
    const message = { content: 'It is', reasoning_content: 'The user', tool_calls: [CALL] }
    expect(generate(choiceOf(message))).toStrictEqual({ ...DONE, response: 'It is', thinking: 'The user', tool_calls: [NATIVE_CALL] })
  })

  it('comes from a completion', () => {
    const choice = {
      index: 0,
      text: '1 + 1',
      reasoning_content: 'sum',
      logprobs: { tokens: ['1'], token_logprobs: [-1] },
      finish_reason: 'length',
    }
    expect(generate(choice, { raw: true, logprobs: true })).toStrictEqual({
      ...DONE,
      done_reason: 'length',
      response: '1 + 1',
      thinking: 'sum',
      logprobs: [{ token: '1', logprob: -1 }],
    })
    expect(generate({ index: 0, finish_reason: 'stop' })).toStrictEqual({ ...DONE, response: '' })
  })
})
