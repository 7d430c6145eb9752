import { expect, test } from 'vitest'
import { toUsage } from './usage.ts'

test('all counts', () => {
  const metadata = {
    promptTokenCount: 55,
    candidatesTokenCount: 51,
    totalTokenCount: 251,
    toolUsePromptTokenCount: 89,
    thoughtsTokenCount: 56,
    cachedContentTokenCount: 40,
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: 50 },
      { modality: 'AUDIO', tokenCount: 5 },
    ],
    candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: 3 }],
  }
  expect(toUsage(metadata)).toEqual({
    prompt_tokens: 144,
    completion_tokens: 107,
    total_tokens: 251,
    prompt_tokens_details: { cached_tokens: 40, audio_tokens: 5 },
    completion_tokens_details: { reasoning_tokens: 56, audio_tokens: 3 },
  })
})

test.each([
  [{ promptTokenCount: 9 }, 9, 0, 9],
  [{ promptTokenCount: 9, candidatesTokenCount: 5, thoughtsTokenCount: 2 }, 9, 7, 16],
  [{ promptTokenCount: 9, candidatesTokenCount: 5, totalTokenCount: 15 }, 9, 5, 15],
  [{ totalTokenCount: 3 }, 0, 0, 3],
  [{ promptTokenCount: 9, candidatesTokenCount: -5, thoughtsTokenCount: '3', totalTokenCount: 1.5 }, 9, 0, 9],
])('%j', (metadata, prompt, completion, total) => {
  expect(toUsage(metadata)).toMatchObject({ prompt_tokens: prompt, completion_tokens: completion, total_tokens: total })
})

test.each([[undefined], [null], [{}], [{ trafficType: 'ON_DEMAND' }], [{ promptTokenCount: Number.NaN }], [{ promptTokenCount: '9' }]])(
  '%j counts nothing',
  (metadata) => {
    expect(toUsage(metadata)).toBe(undefined)
  },
)
