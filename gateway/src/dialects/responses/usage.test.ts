import { expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { toUsage } from './usage.ts'

const usage = (input: number, output: number, rest: { cached?: number; written?: number; reasoning?: number; total?: number } = {}) => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: rest.cached ?? 0, cache_write_tokens: rest.written ?? 0 },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: rest.reasoning ?? 0 },
  total_tokens: rest.total ?? input + output,
})

it.each<[JsonObject | undefined, JsonObject]>([
  [undefined, usage(0, 0)],
  [{}, usage(0, 0)],
  [{ prompt_tokens: 9, completion_tokens: 12, total_tokens: 21 }, usage(9, 12)],
  [{ prompt_tokens: 9, completion_tokens: 12, total_tokens: 40 }, usage(9, 12, { total: 40 })],
  [{ prompt_tokens: 9, completion_tokens: 12, total_tokens: 0 }, usage(9, 12)],
  [
    {
      prompt_tokens: 9,
      completion_tokens: 12,
      prompt_tokens_details: { cached_tokens: 4, cache_creation_input_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 7 },
    },
    usage(9, 12, { cached: 4, written: 2, reasoning: 7 }),
  ],
  [{ prompt_tokens: 9, prompt_tokens_details: { cache_write_tokens: 3, cache_creation_input_tokens: 2 } }, usage(9, 0, { written: 3 })],
  [{ prompt_tokens: 9, cached_tokens: 5, cache_creation_input_tokens: 1 }, usage(9, 0, { cached: 5, written: 1 })],
  [{ prompt_tokens: 9, prompt_cache_hit_tokens: 6 }, usage(9, 0, { cached: 6 })],
  [{ prompt_tokens: 1.9, completion_tokens: -1, total_tokens: Number.POSITIVE_INFINITY, prompt_tokens_details: null }, usage(1, 0)],
  [{ prompt_tokens: '9', completion_tokens: 1 }, usage(0, 1)],
])('%j', (told, expected) => expect(toUsage(told)).toEqual(expected))
