import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../lib/json.ts'
import { encodeGenerate } from './encode-generate.ts'

const encode = (fields: JsonObject, stream = false) => encodeGenerate({ endpoint: 'completion', model: 'qwen3:8b', stream, fields })
const plain = { model: 'qwen3:8b', prompt: 'p', stream: false }

describe('encodeGenerate', () => {
  it('translates every field that Ollama has', () => {
    expect(
      encode(
        {
          model: 'smart',
          prompt: 'def f(',
          suffix: 'return 1',
          stream: true,
          max_tokens: 16,
          top_p: 0.5,
          logprobs: 2,
          reasoning_effort: 'none',
          response_format: { type: 'json_object' },
          raw: true,
          system: 's',
          keep_alive: 0,
          user: 'u',
          echo: false,
          best_of: 1,
        },
        true,
      ),
    ).toEqual({
      model: 'qwen3:8b',
      prompt: 'def f(',
      suffix: 'return 1',
      stream: true,
      options: { num_predict: 16, top_p: 0.5 },
      logprobs: true,
      top_logprobs: 2,
      think: false,
      format: 'json',
      raw: true,
      system: 's',
      keep_alive: 0,
    })
  })

  it('takes a list of one text', () => {
    expect(encode({ prompt: ['p'] })).toEqual(plain)
    expect(encode({ prompt: 'p', suffix: null, logprobs: null })).toEqual(plain)
  })

  it.each([[['a', 'b']], [[]], [[1, 2]], [[[1, 2]]], [5], [undefined], [null]])('refuses the prompt %j', (prompt) => {
    expect(() => encode({ prompt })).toThrow(
      expect.objectContaining({
        name: 'CodecRefusal',
        param: 'prompt',
        message: 'Ollama completes one prompt to a request, given as text',
      }),
    )
  })

  it('asks for log probabilities by number, or in Ollama’s own words', () => {
    expect(encode({ prompt: 'p', logprobs: 0 })).toEqual({ ...plain, logprobs: true, top_logprobs: 0 })
    expect(encode({ prompt: 'p', logprobs: true, top_logprobs: 4 })).toEqual({ ...plain, logprobs: true, top_logprobs: 4 })
    expect(encode({ prompt: 'p', logprobs: false })).toEqual({ ...plain, logprobs: false })
  })

  it.each([
    ['echo', true],
    ['best_of', 2],
    ['n', 3],
  ])('refuses %s', (name, value) => {
    expect(() => encode({ prompt: 'p', [name]: value })).toThrow(expect.objectContaining({ name: 'CodecRefusal', param: name }))
  })
})
