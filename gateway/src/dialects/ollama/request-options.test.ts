import { describe, expect, it } from 'vitest'
import { refusalOf } from './fixtures/errors-of.ts'
import { generationOptions, loadingOptions } from './request-options.ts'

const LOADING = { num_ctx: 1, num_batch: 2, num_gpu: 3, main_gpu: 4, num_thread: 5, use_mmap: false }
const SAME_NAME = {
  ...LOADING,
  temperature: 0.1,
  top_p: 0.2,
  top_k: 6,
  min_p: 0.3,
  typical_p: 0.4,
  seed: 7,
  stop: ['a', 'b'],
  num_keep: 8,
  draft_num_predict: 9,
  repeat_last_n: -1,
  repeat_penalty: 1.5,
  presence_penalty: -0.5,
  frequency_penalty: 0.6,
  mirostat: 2,
  mirostat_tau: 5.5,
  mirostat_eta: 0.7,
  tfs_z: 0.8,
  penalize_newline: true,
}

describe('generationOptions', () => {
  it('gives all options a place', () => {
    expect(generationOptions({ ...SAME_NAME, num_predict: 10 })).toEqual({ ...SAME_NAME, max_tokens: 10 })
  })

  it.each([
    ['none', undefined, {}],
    ['null', null, {}],
    ['an empty object', {}, {}],
    ['options of null, as some clients send all they know', { temperature: null, stop: null, num_predict: null }, {}],
    ['unknown ones', { numa: true, model: 'other', messages: [], n: 5, constructor: 1 }, {}],
    ['fractions of whole numbers', { num_ctx: 8192.9, num_predict: 1.5, num_gpu: -1.5 }, { num_ctx: 8192, max_tokens: 1, num_gpu: -1 }],
    ['one token', { num_predict: 1 }, { max_tokens: 1 }],
    ['no limit, by 0', { num_predict: 0 }, {}],
    ['no limit', { num_predict: -1 }, {}],
    ['a full context', { num_predict: -2 }, {}],
    ['any seed', { seed: -1 }, {}],
    ['the seed 0', { seed: 0 }, { seed: 0 }],
    ['a seed below -1', { seed: -2 }, { seed: -2 }],
    ['one stop string', { stop: 'x' }, { stop: ['x'] }],
    ['no stop strings', { stop: [] }, {}],
    ['zeros', { temperature: 0, top_k: 0, penalize_newline: false }, { temperature: 0, top_k: 0, penalize_newline: false }],
  ])('takes %s', (_name, options, expected) => expect(generationOptions(options)).toEqual(expected))

  it.each([
    ['options', [], 'an object'],
    ['options', 'x', 'an object'],
    ['options.num_ctx', { num_ctx: '8192' }, 'a number'],
    ['options.temperature', { temperature: '1' }, 'a number'],
    ['options.temperature', { temperature: true }, 'a number'],
    ['options.use_mmap', { use_mmap: 1 }, 'a boolean'],
    ['options.stop', { stop: [1] }, 'an array of strings'],
    ['options.stop', { stop: 1 }, 'an array of strings'],
  ])('refuses %s of %j', (param, options, expected) => {
    expect(refusalOf(() => generationOptions(options))).toEqual({
      code: 'invalid_field',
      param,
      message: `The field "${param}" must be ${expected}`,
    })
  })
})

describe('loadingOptions', () => {
  it('are those that matter without a generation', () => {
    expect(loadingOptions({ ...SAME_NAME, num_predict: 10 })).toEqual(LOADING)
    expect(loadingOptions(undefined)).toEqual({})
  })

  it('are checked alone', () => {
    expect(loadingOptions({ temperature: 'hot' })).toEqual({})
    expect(refusalOf(() => loadingOptions({ num_ctx: true })).param).toBe('options.num_ctx')
  })
})
