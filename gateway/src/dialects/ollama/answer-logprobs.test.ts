import { describe, expect, it } from 'vitest'
import { logprobsField } from './answer-logprobs.ts'

const asked = { logprobs: true }

describe('logprobsField', () => {
  it('reads those of a chat', () => {
    const content = [
      {
        token: 'a',
        logprob: -0.1,
        bytes: [97],
        top_logprobs: [
          { token: 'a', logprob: -0.1, bytes: null },
          { token: 'b', logprob: -2 },
        ],
      },
      { token: 'c', logprob: -0.3, bytes: null, top_logprobs: [] },
      'x',
    ]
    expect(logprobsField({ logprobs: { content, refusal: null } }, asked)).toStrictEqual({
      logprobs: [
        {
          token: 'a',
          logprob: -0.1,
          bytes: [97],
          top_logprobs: [
            { token: 'a', logprob: -0.1 },
            { token: 'b', logprob: -2 },
          ],
        },
        { token: 'c', logprob: -0.3 },
      ],
    })
  })

  it('reads those of a completion', () => {
    const logprobs = {
      tokens: ['a', 'b', 'c'],
      token_logprobs: [null, -0.2],
      top_logprobs: [null, { b: -0.2, z: -3 }],
      text_offset: [0, 1, 2],
    }
    expect(logprobsField({ logprobs }, asked)).toStrictEqual({
      logprobs: [
        { token: 'a', logprob: 0 },
        {
          token: 'b',
          logprob: -0.2,
          top_logprobs: [
            { token: 'b', logprob: -0.2 },
            { token: 'z', logprob: -3 },
          ],
        },
        { token: 'c', logprob: 0 },
      ],
    })
    expect(logprobsField({ logprobs: { tokens: ['a'] } }, asked)).toStrictEqual({ logprobs: [{ token: 'a', logprob: 0 }] })
  })

  it.each([
    ['nothing came', { logprobs: null }, asked],
    ['none are in it', { logprobs: { content: null } }, asked],
    ['an empty list came', { logprobs: { content: [] } }, asked],
    ['no tokens came', { logprobs: { tokens: [] } }, asked],
    ['the client did not ask', { logprobs: { content: [{ token: 'a', logprob: 0 }] } }, { logprobs: false }],
    ['the client said nothing', { logprobs: { content: [{ token: 'a', logprob: 0 }] } }, {}],
  ])('says nothing where %s', (_name, choice, fields) => expect(logprobsField(choice, fields)).toEqual({}))
})
