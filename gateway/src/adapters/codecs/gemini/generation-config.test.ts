import { describe, expect, test } from 'vitest'
import { chatCall, refusedParam } from './fixtures/contexts.ts'
import { toGenerationConfig } from './generation-config.ts'

const configOf = (fields: object, model?: string) => toGenerationConfig(chatCall({ ...fields }, model))

test('all numbers, by Gemini’s names', () => {
  const fields = {
    temperature: 0.2,
    top_p: 0.9,
    top_k: 40,
    seed: 1,
    n: 2,
    presence_penalty: 0.5,
    frequency_penalty: -0.5,
    max_completion_tokens: 256,
    max_tokens: 128,
    stop: ['X', 'Y'],
    logprobs: true,
    top_logprobs: 5,
  }
  expect(configOf(fields)).toEqual({
    temperature: 0.2,
    topP: 0.9,
    topK: 40,
    seed: 1,
    candidateCount: 2,
    presencePenalty: 0.5,
    frequencyPenalty: -0.5,
    maxOutputTokens: 256,
    stopSequences: ['X', 'Y'],
    responseLogprobs: true,
    logprobs: 5,
  })
})

test.each([
  [{}, {}],
  [{ temperature: null, n: null, stop: null, max_tokens: null, presence_penalty: null, reasoning_effort: null, modalities: null }, {}],
  [
    { temperature: 0, seed: 0 },
    { temperature: 0, seed: 0 },
  ],
  [{ presence_penalty: 0, frequency_penalty: 0 }, {}],
  [{ max_tokens: 128 }, { maxOutputTokens: 128 }],
  [{ max_completion_tokens: null, max_tokens: 128 }, { maxOutputTokens: 128 }],
  [{ stop: 'X' }, { stopSequences: ['X'] }],
  [{ stop: [] }, {}],
  [{ logprobs: false, top_logprobs: 5 }, {}],
  [{ logprobs: true, top_logprobs: 0 }, { responseLogprobs: true }],
  [{ logprobs: true }, { responseLogprobs: true }],
  [{ response_format: null }, {}],
  [{ response_format: { type: 'text' } }, {}],
  [{ response_format: { type: 'json_object' } }, { responseMimeType: 'application/json' }],
  [
    { response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema: { $schema: 's', const: 1 } } } },
    { responseMimeType: 'application/json', responseJsonSchema: { enum: [1] } },
  ],
  [{ modalities: ['text'] }, {}],
  [{ modalities: ['text', 'image'] }, { responseModalities: ['TEXT', 'IMAGE'] }],
])('%j', (fields, config) => {
  expect(configOf(fields)).toEqual(config)
})

test('a completion has numbers only', () => {
  const fields = { max_tokens: 5, reasoning_effort: 'low', response_format: { type: 'json_object' }, logprobs: true }
  expect(toGenerationConfig({ ...chatCall(fields), endpoint: 'completion' })).toEqual({ maxOutputTokens: 5 })
})

test.each([
  [{ response_format: 'json' }, 'response_format'],
  [{ response_format: {} }, 'response_format'],
  [{ response_format: { type: 'grammar' } }, 'response_format.type'],
  [{ response_format: { type: 'json_schema' } }, 'response_format.json_schema.schema'],
  [{ response_format: { type: 'json_schema', json_schema: { schema: 'x' } } }, 'response_format.json_schema.schema'],
  [{ modalities: ['text', 'audio'] }, 'modalities'],
  [{ modalities: 'text' }, 'modalities'],
  [{ reasoning_effort: 'huge' }, 'reasoning_effort'],
  [{ reasoning_effort: 'toString' }, 'reasoning_effort'],
  [{ reasoning_effort: 3 }, 'reasoning_effort'],
])('refuses %j', (fields, param) => {
  expect(refusedParam(() => configOf(fields))).toBe(param)
})

describe('thinking', () => {
  test.each([
    ['minimal', 1_024, 'LOW'],
    ['low', 1_024, 'LOW'],
    ['medium', 8_192, 'MEDIUM'],
    ['high', 24_576, 'HIGH'],
    ['xhigh', 24_576, 'HIGH'],
    ['max', 24_576, 'HIGH'],
  ])('%s', (effort, thinkingBudget, thinkingLevel) => {
    const fields = { reasoning_effort: effort }
    expect(configOf(fields, 'gemini-2.5-pro')).toEqual({ thinkingConfig: { includeThoughts: true, thinkingBudget } })
    expect(configOf(fields, 'gemini-flash-latest')).toEqual({ thinkingConfig: { includeThoughts: true, thinkingBudget } })
    expect(configOf(fields, 'gemini-3.1-pro-preview')).toEqual({ thinkingConfig: { includeThoughts: true, thinkingLevel } })
  })

  test.each([
    ['gemini-2.5-flash', { thinkingBudget: 0 }],
    ['models/gemini-2.5-pro', { thinkingBudget: 128 }],
    ['gemini-3-flash', { thinkingLevel: 'LOW' }],
  ])('none for %s', (model, thinkingConfig) => {
    expect(configOf({ reasoning_effort: 'none' }, model)).toEqual({ thinkingConfig })
  })

  test('what is said to Google itself stands above the effort', () => {
    const own = { thinking_budget: 7, include_thoughts: true }
    const fields = { reasoning_effort: 'high', extra_body: { google: { thinking_config: own } } }
    expect(configOf(fields)).toEqual({ thinkingConfig: own })
    expect(configOf({ reasoning_effort: 'low', extra_body: { google: 1 } })).toEqual({
      thinkingConfig: { includeThoughts: true, thinkingBudget: 1_024 },
    })
  })
})
