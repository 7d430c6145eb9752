import { describe, expect, it } from 'vitest'
import { mergeUsage, NO_COUNTS, toOpenAiUsage } from './usage.ts'

const SOME = { input: 1, cacheRead: 2, cacheWrite: 3, output: 4, thinking: 5 }

describe('mergeUsage', () => {
  it.each([
    ['nothing', undefined, SOME],
    ['null fields', { input_tokens: null, output_tokens: null, output_tokens_details: null }, SOME],
    ['smaller counts', { input_tokens: 0, output_tokens: 3, cache_read_input_tokens: 1, cache_creation_input_tokens: 2 }, SOME],
    ['a fewer thoughts', { output_tokens_details: { thinking_tokens: 4 } }, SOME],
    ['details without thoughts', { output_tokens_details: {} }, SOME],
    ['counts that are none', { input_tokens: '9', output_tokens: Number.NaN }, SOME],
    [
      'greater counts',
      {
        input_tokens: 11,
        output_tokens: 14,
        cache_read_input_tokens: 12,
        cache_creation_input_tokens: 13,
        output_tokens_details: { thinking_tokens: 15 },
      },
      { input: 11, cacheRead: 12, cacheWrite: 13, output: 14, thinking: 15 },
    ],
  ])('%s', (_name, usage, merged) => expect(mergeUsage(SOME, usage)).toEqual(merged))

  it('knows of no thoughts until they are told', () => {
    expect(mergeUsage(NO_COUNTS, { output_tokens: 1 })).toEqual({ ...NO_COUNTS, output: 1 })
    expect(mergeUsage(NO_COUNTS, { output_tokens_details: { thinking_tokens: 0 } })).toEqual({ ...NO_COUNTS, thinking: 0 })
  })
})

describe('toOpenAiUsage', () => {
  it('counts the cache into the prompt', () => {
    expect(toOpenAiUsage(SOME)).toEqual({
      prompt_tokens: 6,
      completion_tokens: 4,
      total_tokens: 10,
      prompt_tokens_details: { cached_tokens: 2, cache_creation_input_tokens: 3 },
      completion_tokens_details: { reasoning_tokens: 5 },
    })
  })

  it('is short without cache and thoughts', () => {
    expect(toOpenAiUsage({ ...NO_COUNTS, input: 7, output: 8 })).toEqual({
      prompt_tokens: 7,
      completion_tokens: 8,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 0 },
    })
  })
})
