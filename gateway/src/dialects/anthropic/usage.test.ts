import { expect, it } from 'vitest'
import { toUsage } from './usage.ts'

const counts = (input: number, output: number, read = 0, written = 0) => ({
  input_tokens: input,
  output_tokens: output,
  cache_creation_input_tokens: written,
  cache_read_input_tokens: read,
})

it.each([
  ['nothing', undefined, counts(0, 0)],
  ['plain', { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 }, counts(9, 4)],
  ['cached', { prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 6 } }, counts(3, 4, 6)],
  [
    'written to the cache',
    { prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 2, cache_creation_input_tokens: 3 } },
    counts(4, 4, 2, 3),
  ],
  ['Moonshot', { prompt_tokens: 9, completion_tokens: 4, cached_tokens: 5 }, counts(4, 4, 5)],
  ['DeepSeek', { prompt_tokens: 9, completion_tokens: 4, prompt_cache_hit_tokens: 1 }, counts(8, 4, 1)],
  ['another place for writing', { prompt_tokens: 9, completion_tokens: 4, cache_creation_input_tokens: 2 }, counts(7, 4, 0, 2)],
  ['more cached than there is', { prompt_tokens: 1, completion_tokens: 4, cached_tokens: 5 }, counts(0, 4, 5)],
  ['nonsense', { prompt_tokens: -1, completion_tokens: 'x', prompt_tokens_details: null, cached_tokens: Number.NaN }, counts(0, 0)],
  ['fractions', { prompt_tokens: 1.9, completion_tokens: 2.5 }, counts(1, 2)],
  [
    'thinking',
    { prompt_tokens: 9, completion_tokens: 4, completion_tokens_details: { reasoning_tokens: 0 } },
    { ...counts(9, 4), output_tokens_details: { thinking_tokens: 0 } },
  ],
  ['no thinking', { prompt_tokens: 9, completion_tokens: 4, completion_tokens_details: { audio_tokens: 1 } }, counts(9, 4)],
])('%s', (_name, usage, expected) => expect(toUsage(usage)).toEqual(expected))
