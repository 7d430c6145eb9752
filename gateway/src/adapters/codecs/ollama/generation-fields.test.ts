import { describe, expect, it } from 'vitest'
import { refuseUnable, WITHHELD_FIELDS } from './generation-fields.ts'

describe('refuseUnable', () => {
  it.each([
    ['n', 2, 'Ollama gives one choice to a request'],
    ['n', '1', 'Ollama gives one choice to a request'],
    ['best_of', 2, 'Ollama gives one choice to a request'],
    ['echo', true, 'Ollama does not repeat the prompt'],
    ['logit_bias', { 50256: -100 }, 'Ollama can not bias single tokens'],
    ['logit_bias', 'x', 'Ollama can not bias single tokens'],
    ['modalities', ['text', 'audio'], 'Ollama answers in text only'],
    ['modalities', 'text', 'Ollama answers in text only'],
    ['audio', { voice: 'alloy', format: 'wav' }, 'Ollama answers in text only'],
    ['functions', [{ name: 'f' }], 'Ollama knows functions as tools only; send them as "tools"'],
    ['function_call', { name: 'f' }, 'Ollama can not be made to call a function'],
    ['web_search_options', {}, 'Ollama does not search the web'],
    ['moderation', {}, 'Ollama does not moderate'],
  ])('%s: %j', (name, value, message) => {
    expect(() => refuseUnable({ messages: [], [name]: value })).toThrow(
      expect.objectContaining({ name: 'CodecRefusal', param: name, message }),
    )
  })

  it.each([
    { n: 1, best_of: 1, echo: false, logit_bias: {}, modalities: ['text'], functions: [], function_call: 'none' },
    { function_call: 'auto', modalities: [] },
    Object.fromEntries(WITHHELD_FIELDS.map((name) => [name, null])),
    { user: 'u', store: true, verbosity: 'low' },
  ])('takes defaults written out, and notes: %j', (fields) => {
    expect(refuseUnable(fields)).toBeUndefined()
  })

  it('withholds what is dropped and what may be refused', () => {
    expect([...WITHHELD_FIELDS].sort()).toEqual([
      'audio',
      'best_of',
      'echo',
      'function_call',
      'functions',
      'logit_bias',
      'metadata',
      'modalities',
      'moderation',
      'n',
      'prediction',
      'prompt_cache_key',
      'prompt_cache_options',
      'prompt_cache_retention',
      'safety_identifier',
      'service_tier',
      'store',
      'stream_options',
      'user',
      'verbosity',
      'web_search_options',
    ])
  })
})
