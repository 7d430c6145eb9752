import { describe, expect, it } from 'vitest'
import { encodeOptions } from './model-options.ts'

const refusal = (param: string, message: string) => expect.objectContaining({ name: 'CodecRefusal', param, message })

describe('encodeOptions', () => {
  it('moves every known field into options', () => {
    const fields = {
      temperature: 0.2,
      top_p: 0.9,
      top_k: 40,
      min_p: 0,
      typical_p: 0.7,
      seed: 1,
      stop: ['\n\n', 'END'],
      num_predict: -1,
      num_keep: 5,
      repeat_last_n: 33,
      repeat_penalty: 1.1,
      presence_penalty: 0.5,
      frequency_penalty: -0.5,
      num_ctx: 8192,
      num_batch: 2,
      num_gpu: 1,
      main_gpu: 0,
      num_thread: 8,
      draft_num_predict: 4,
      use_mmap: false,
      mirostat: 1,
      mirostat_tau: 0.8,
      mirostat_eta: 0.6,
      tfs_z: 0.5,
      penalize_newline: true,
    }
    expect(encodeOptions({ ...fields, user: 'u', keep_alive: '5m' })).toEqual(fields)
  })

  it('gives none where there are none', () => {
    expect(encodeOptions({ messages: [], temperature: null, max_tokens: null, options: null })).toBeUndefined()
    expect(encodeOptions({ options: { num_ctx: null } })).toBeUndefined()
  })

  it('makes a list of a single stop', () => {
    expect(encodeOptions({ stop: 'END' })).toEqual({ stop: ['END'] })
    expect(encodeOptions({ options: { stop: 'END' } })).toEqual({ stop: ['END'] })
  })

  it.each([
    [{ max_tokens: 1 }, 1],
    [{ max_tokens: -1 }, -1],
    [{ max_completion_tokens: 256 }, 256],
    [{ max_completion_tokens: 256, max_tokens: 16 }, 256],
    [{ max_completion_tokens: null, max_tokens: 16 }, 16],
    [{ max_tokens: 16, num_predict: 17 }, 17],
    [{ max_tokens: 16, num_predict: 17, options: { num_predict: 0 } }, 0],
  ])('%j limits to %d tokens', (fields, expected) => {
    expect(encodeOptions(fields)).toEqual({ num_predict: expected })
  })

  it.each(['max_tokens', 'max_completion_tokens'])('refuses a %s that limits nothing or is no count', (name) => {
    for (const value of [0, 1.5, '16', true])
      expect(() => encodeOptions({ [name]: value })).toThrow(refusal(name, `The field "${name}" must be a whole number from 1 and up`))
  })

  it('lets the words of Ollama win, and passes on what is unknown there', () => {
    expect(encodeOptions({ temperature: 1, top_p: 0.5, options: { temperature: 0, new_knob: { a: 1 }, toString: 1 } })).toEqual({
      temperature: 0,
      top_p: 0.5,
      new_knob: { a: 1 },
      toString: 1,
    })
  })

  it.each([
    [{ temperature: 'hot' }, 'temperature', 'a number'],
    [{ top_k: 1.5 }, 'top_k', 'a whole number'],
    [{ seed: '1' }, 'seed', 'a whole number'],
    [{ use_mmap: 1 }, 'use_mmap', 'a boolean'],
    [{ stop: 1 }, 'stop', 'a string or an array of strings'],
    [{ stop: ['a', 1] }, 'stop', 'a string or an array of strings'],
    [{ options: { num_ctx: '8k' } }, 'options.num_ctx', 'a whole number'],
    [{ options: [] }, 'options', 'an object'],
    [{ options: 'x' }, 'options', 'an object'],
  ])('%j is refused', (fields, param, expected) => {
    expect(() => encodeOptions(fields)).toThrow(refusal(param, `The field "${param}" must be ${expected}`))
  })

  it('leaves the given fields alone', () => {
    const fields = Object.freeze({ stop: 'a', options: Object.freeze({ num_ctx: 1 }) })
    expect(encodeOptions(fields)).toEqual({ stop: ['a'], num_ctx: 1 })
    expect(fields).toEqual({ stop: 'a', options: { num_ctx: 1 } })
  })
})
