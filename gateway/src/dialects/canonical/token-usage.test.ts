import { expect, test } from 'vitest'
import { readTokenUsage } from './token-usage.ts'

const NONE = { prompt: 0, completion: 0, total: 0, cached: 0, written: 0, reasoning: undefined }

test.each([
  [undefined, {}],
  [{}, {}],
  [
    { prompt_tokens: 3, completion_tokens: 4 },
    { prompt: 3, completion: 4, total: 7 },
  ],
  [
    { prompt_tokens: 3, completion_tokens: 4, total_tokens: 9 },
    { prompt: 3, completion: 4, total: 9 },
  ],
  [{ prompt_tokens_details: { cached_tokens: 1 }, cached_tokens: 2, prompt_cache_hit_tokens: 3 }, { cached: 1 }],
  [{ cached_tokens: 2, prompt_cache_hit_tokens: 3 }, { cached: 2 }],
  [{ prompt_cache_hit_tokens: 3 }, { cached: 3 }],
  [{ prompt_tokens_details: { cache_write_tokens: 1, cache_creation_input_tokens: 2 } }, { written: 1 }],
  [{ prompt_tokens_details: { cache_creation_input_tokens: 2 }, cache_creation_input_tokens: 3 }, { written: 2 }],
  [{ cache_creation_input_tokens: 3 }, { written: 3 }],
  [{ completion_tokens_details: { reasoning_tokens: 0 } }, { reasoning: 0 }],
  [{ completion_tokens_details: { reasoning_tokens: '1' } }, {}],
  [
    { prompt_tokens: 1.9, completion_tokens: -1, total_tokens: Number.POSITIVE_INFINITY },
    { prompt: 1, total: 1 },
  ],
  [{ prompt_tokens: '3', prompt_tokens_details: null, completion_tokens_details: 'x' }, {}],
])('%j', (usage, told) => {
  expect(readTokenUsage(usage)).toEqual({ ...NONE, ...told })
})
