import { describe, expect, it } from 'vitest'
import { decodeGenerate } from './decode-generate.ts'
import { contextOf, CREATED, GENERATE_ANSWER } from './fixtures/wire.ts'

const decode = (answer: unknown) => decodeGenerate(answer, contextOf('completion'))

describe('decodeGenerate', () => {
  it('reads a completion, without its context', () => {
    expect(decode(GENERATE_ANSWER)).toEqual({
      id: 'cmpl-req-1',
      object: 'text_completion',
      created: CREATED,
      model: 'smart',
      choices: [{ index: 0, text: 'blue.', logprobs: null, finish_reason: 'length' }],
      usage: { prompt_tokens: 26, completion_tokens: 282, total_tokens: 308 },
    })
  })

  it('reads thinking and log probabilities', () => {
    const answer = { ...GENERATE_ANSWER, done_reason: 'stop', thinking: 'Hm.', logprobs: [{ token: 'blue', logprob: -1 }] }
    expect(decode(answer)['choices']).toEqual([
      {
        index: 0,
        text: 'blue.',
        reasoning_content: 'Hm.',
        logprobs: { tokens: ['blue'], token_logprobs: [-1], top_logprobs: [{}], text_offset: [0] },
        finish_reason: 'stop',
      },
    ])
  })

  it('tells what makes no sense and what failed', () => {
    expect(() => decode({ ...GENERATE_ANSWER, response: undefined })).toThrow(
      expect.objectContaining({ name: 'CodecMismatch', message: 'An answer to a completion has no text' }),
    )
    expect(() => decode({ error: 'unexpected EOF' })).toThrow(expect.objectContaining({ name: 'CodecFailure', message: 'unexpected EOF' }))
  })
})
