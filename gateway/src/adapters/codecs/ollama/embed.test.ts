import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../lib/json.ts'
import { decodeEmbed, encodeEmbed } from './embed.ts'
import { contextOf, EMBED_ANSWER } from './fixtures/wire.ts'

const encode = (fields: JsonObject) => encodeEmbed({ endpoint: 'embedding', model: 'bge-m3', stream: false, fields })
const decode = (answer: unknown, input: unknown) => decodeEmbed(answer, contextOf('embedding', { input }))

describe('encodeEmbed', () => {
  it('sends texts, and what Ollama has words for', () => {
    expect(encode({ model: 'smart', input: 'a', encoding_format: 'base64', user: 'u' })).toEqual({ model: 'bge-m3', input: 'a' })
    expect(
      encode({ input: ['a', 'b'], dimensions: 256, truncate: false, keep_alive: '5m', num_ctx: 512, options: { num_thread: 2 }, x: 1 }),
    ).toEqual({
      model: 'bge-m3',
      input: ['a', 'b'],
      dimensions: 256,
      truncate: false,
      keep_alive: '5m',
      options: { num_ctx: 512, num_thread: 2 },
      x: 1,
    })
  })

  it.each([
    [[1, 2], 'input[0]', 'Ollama embeds texts only, no tokens'],
    [['a', [1]], 'input[1]', 'Ollama embeds texts only, no tokens'],
    [5, 'input', 'The field "input" must be a string or an array of strings'],
    [undefined, 'input', 'The field "input" must be a string or an array of strings'],
  ])('refuses the input %j', (input, param, message) => {
    expect(() => encode({ input })).toThrow(expect.objectContaining({ name: 'CodecRefusal', param, message }))
  })
})

describe('decodeEmbed', () => {
  it('lists the vectors in the order of the inputs', () => {
    expect(decode(EMBED_ANSWER, ['a', 'b'])).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [0.01, -0.5] },
        { object: 'embedding', index: 1, embedding: [1, 0] },
      ],
      model: 'smart',
      usage: { prompt_tokens: 8, total_tokens: 8 },
    })
  })

  it('counts a text as one input, and an absent count as 0', () => {
    expect(decode({ embeddings: [[1]] }, 'text')).toEqual({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [1] }],
      model: 'smart',
      usage: { prompt_tokens: 0, total_tokens: 0 },
    })
  })

  it.each([
    [{ embeddings: [[1], [2]] }, 'a', 'An answer to an embedding request does not have 1 vectors'],
    [{ embeddings: [[1]] }, ['a', 'b'], 'An answer to an embedding request does not have 2 vectors'],
    [{ embedding: [1] }, 'a', 'An answer to an embedding request does not have 1 vectors'],
    [{ embeddings: [[]] }, 'a', 'A vector in an answer to an embedding request is no list of numbers'],
    [{ embeddings: [[1, null]] }, 'a', 'A vector in an answer to an embedding request is no list of numbers'],
    [{ embeddings: ['AACAPw=='] }, 'a', 'A vector in an answer to an embedding request is no list of numbers'],
    [[], 'a', 'An answer is no JSON object'],
  ])('%j for %j makes no sense', (answer, input, message) => {
    expect(() => decode(answer, input)).toThrow(expect.objectContaining({ name: 'CodecMismatch', message }))
  })

  it('tells an error in a 200', () => {
    expect(() => decode({ error: 'the input length exceeds the context length' }, 'a')).toThrow(
      expect.objectContaining({
        name: 'CodecFailure',
        error: { message: 'the input length exceeds the context length', type: undefined, param: undefined, code: undefined },
      }),
    )
  })
})
