import { describe, expect, it } from 'vitest'
import { chatLogprobs } from '../canonical/log-probabilities.ts'
import { readLogprobs, toCompletionLogprobs } from './log-probabilities.ts'

const LINE = {
  logprobs: [
    {
      token: 'The',
      logprob: -0.1,
      bytes: [84, 104, 101],
      top_logprobs: [
        { token: 'The', logprob: -0.1, bytes: [84, 104, 101] },
        { token: 'A', logprob: -2 },
      ],
    },
    { token: ' sky', logprob: -0.2 },
  ],
}

describe('log probabilities', () => {
  it('in the form of chats', () => {
    expect(chatLogprobs(readLogprobs(LINE))).toEqual({
      content: [
        {
          token: 'The',
          logprob: -0.1,
          bytes: [84, 104, 101],
          top_logprobs: [
            { token: 'The', logprob: -0.1, bytes: [84, 104, 101] },
            { token: 'A', logprob: -2, bytes: null },
          ],
        },
        { token: ' sky', logprob: -0.2, bytes: null, top_logprobs: [] },
      ],
      refusal: null,
    })
  })

  it('in the form of completions', () => {
    expect(toCompletionLogprobs(readLogprobs(LINE), 7)).toEqual({
      tokens: ['The', ' sky'],
      token_logprobs: [-0.1, -0.2],
      top_logprobs: [{ The: -0.1, A: -2 }, {}],
      text_offset: [7, 10],
    })
  })

  it('passes over what is no token, and says null of nothing', () => {
    expect(readLogprobs({ logprobs: ['x', { token: 1, logprob: 1 }, { token: 'a' }, { token: 'b', logprob: 0 }] })).toEqual([
      { token: 'b', logprob: 0, bytes: null, top_logprobs: [] },
    ])
    expect(readLogprobs({})).toEqual([])
    expect(chatLogprobs([])).toBeNull()
    expect(toCompletionLogprobs([], 0)).toBeNull()
  })
})
