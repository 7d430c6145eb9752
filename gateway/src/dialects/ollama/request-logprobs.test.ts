import { describe, expect, it } from 'vitest'
import { refusalOf } from './fixtures/errors-of.ts'
import { chatLogprobs, completionLogprobs } from './request-logprobs.ts'

describe('logprobs', () => {
  it.each([
    [{}, {}, {}],
    [{ logprobs: null, top_logprobs: null }, {}, {}],
    [{ logprobs: false, top_logprobs: 3 }, {}, {}],
    [{ top_logprobs: 3 }, {}, {}],
    [{ logprobs: true }, { logprobs: true }, { logprobs: 0 }],
    [{ logprobs: true, top_logprobs: 0 }, { logprobs: true }, { logprobs: 0 }],
    [{ logprobs: true, top_logprobs: 1 }, { logprobs: true, top_logprobs: 1 }, { logprobs: 1 }],
    [{ logprobs: true, top_logprobs: 20 }, { logprobs: true, top_logprobs: 20 }, { logprobs: 20 }],
  ])('%j', (fields, chat, completion) => {
    expect(chatLogprobs(fields)).toEqual(chat)
    expect(completionLogprobs(fields)).toEqual(completion)
  })

  it.each([
    ['logprobs', { logprobs: 1 }, 'a boolean'],
    ['top_logprobs', { top_logprobs: -1 }, 'a whole number from 0 to 20'],
    ['top_logprobs', { top_logprobs: 21 }, 'a whole number from 0 to 20'],
    ['top_logprobs', { top_logprobs: 1.5 }, 'a whole number from 0 to 20'],
    ['top_logprobs', { top_logprobs: '1' }, 'a whole number from 0 to 20'],
  ])('refuses %s of %j', (param, fields, expected) => {
    const refusal = { code: 'invalid_field', param, message: `The field "${param}" must be ${expected}` }
    expect(refusalOf(() => chatLogprobs(fields))).toEqual(refusal)
    expect(refusalOf(() => completionLogprobs(fields))).toEqual(refusal)
  })
})
