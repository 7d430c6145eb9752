import { describe, expect, it } from 'vitest'
import { ollamaCodec } from '../../adapters/codecs/ollama/ollama.ts'
import type { JsonObject } from '../../lib/json.ts'
import { encodeVector } from '../../endpoints/embedding-vectors.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { contextOf, MODEL } from './fixtures/context.ts'
import { refusalOf } from './fixtures/errors-of.ts'
import { ollamaEmbedDialect, ollamaEmbeddingsDialect } from './ollama-embed.ts'

const entry = (index: number | undefined, embedding: unknown) => ({
  object: 'embedding',
  ...(index === undefined ? {} : { index }),
  embedding,
})
const SENSELESS = { code: 'upstream_protocol_error', param: undefined, message: "The model's answer is not a vector for each input" }

describe('a request of /api/embed', () => {
  const canonical = (fields: JsonObject) => ollamaEmbedDialect.toCanonical({ model: MODEL, input: ['a', 'b'], ...fields })
  const plain = { model: MODEL, input: ['a', 'b'] }

  it('goes to a backend that speaks Ollama as it was', () => {
    const native = { ...plain, truncate: false, dimensions: 256, keep_alive: '5m', options: { num_ctx: 2048 } }
    expect(ollamaCodec.encode({ endpoint: 'embedding', model: MODEL, stream: false, fields: canonical(native) }).body).toEqual(native)
  })

  it.each([
    ['nothing else', {}, {}],
    ['one text', { input: 'a' }, { input: 'a' }],
    [
      'all that it has',
      { dimensions: 256, truncate: false, keep_alive: 0, options: { num_ctx: 9 } },
      { dimensions: 256, truncate: false, keep_alive: 0, num_ctx: 9 },
    ],
    ['defaults', { truncate: true, keep_alive: null, options: null }, {}],
    ['options for generating', { options: { temperature: 0.1, stop: null, num_thread: 2 } }, { num_thread: 2 }],
    ["fields that are not Ollama's", { user: 'u' }, { user: 'u' }],
    ['a stream, which there is none of', { stream: true }, {}],
  ])('takes %s', (_name, fields, expected) => expect(canonical(fields)).toEqual({ ...plain, ...expected }))

  it.each([
    ['missing_field', 'input', { input: null }],
    ['invalid_field', 'input', { input: 1 }],
    ['invalid_field', 'input[1]', { input: ['a', 1] }],
    ['invalid_field', 'input[0]', { input: [[1, 2]] }],
    ['invalid_field', 'truncate', { truncate: 'END' }],
    ['invalid_field', 'keep_alive', { keep_alive: 'x' }],
    ['invalid_field', 'options.num_ctx', { options: { num_ctx: 'x' } }],
  ])('refuses with %s %s', (code, param, fields) => expect(refusalOf(() => canonical(fields))).toMatchObject({ code, param }))
})

describe('an answer of /api/embed', () => {
  const answer = (data: unknown, input: unknown = ['a', 'b'], usage?: JsonObject) =>
    ollamaEmbedDialect.fromCanonical({ object: 'list', data, ...(usage === undefined ? {} : { usage }) }, contextOf({ input }))

  it('has the vectors in the order of the inputs, and the figures', () => {
    expect(answer([entry(1, [0, 1]), entry(0, [1, 0])], ['a', 'b'], { prompt_tokens: 8, total_tokens: 8 })).toStrictEqual({
      model: MODEL,
      embeddings: [
        [1, 0],
        [0, 1],
      ],
      total_duration: 100_000_000,
      load_duration: 0,
      prompt_eval_count: 8,
    })
  })

  it('has vectors of the length 1', () => {
    const embeddings = (vector: unknown) => answer([entry(0, vector)], 'a')['embeddings']
    expect(embeddings([3, 4])).toEqual([[0.6, 0.8]])
    expect(embeddings([0.000_01, 0])).toEqual([[1, 0]])
    expect(embeddings([1.000_09, 0])).toEqual([[1.000_09, 0]])
    expect(embeddings([1.000_2, 0])).toEqual([[1, 0]])
    expect(embeddings([0, 0])).toEqual([[0, 0]])
  })

  it('reads vectors in base64, and those without an index', () => {
    expect(answer([entry(undefined, encodeVector([0.5, 0, 0])), entry(undefined, [0, 0, 1])])).toStrictEqual({
      model: MODEL,
      embeddings: [
        [1, 0, 0],
        [0, 0, 1],
      ],
      total_duration: 100_000_000,
      load_duration: 0,
    })
  })

  it.each([
    ['no list', undefined],
    ['too few', [entry(0, [1])]],
    ['too many', [entry(0, [1]), entry(1, [1]), entry(2, [1])]],
    ['the same one twice', [entry(0, [1]), entry(0, [1])]],
    ['an index out of bounds', [entry(0, [1]), entry(2, [1])]],
    ['an index that is none', [entry(0, [1]), { ...entry(1, [1]), index: '1' }]],
    ['an entry that is none', [entry(0, [1]), null]],
    ['an empty vector', [entry(0, [1]), entry(1, [])]],
    ['an empty vector in base64', [entry(0, [1]), entry(1, '')]],
    ['a vector that is none', [entry(0, [1]), entry(1, null)]],
    ['a null among the numbers', [entry(0, [1]), entry(1, [0.1, null])]],
    ['a broken vector', [entry(0, [1]), entry(1, 'AAA=')]],
  ])('makes no sense with %s', (_name, data) => expect(refusalOf(() => answer(data))).toEqual(SENSELESS))
})

describe('/api/embeddings', () => {
  it('takes one text', () => {
    const fields = { model: MODEL, prompt: 'a', keep_alive: '5m', options: { num_ctx: 9, seed: 1 }, x_extra: 1 }
    expect(ollamaEmbeddingsDialect.toCanonical(fields)).toEqual({ model: MODEL, input: 'a', keep_alive: '5m', num_ctx: 9, x_extra: 1 })
    expect(refusalOf(() => ollamaEmbeddingsDialect.toCanonical({}))).toMatchObject({ code: 'missing_field', param: 'prompt' })
    expect(refusalOf(() => ollamaEmbeddingsDialect.toCanonical({ prompt: ['a'] }))).toMatchObject({
      code: 'invalid_field',
      param: 'prompt',
    })
  })

  it('gives the vector as it is', () => {
    const answer = (data: unknown) =>
      ollamaEmbeddingsDialect.fromCanonical({ data, usage: { prompt_tokens: 1 } }, contextOf({ prompt: 'a' }))
    expect(answer([entry(0, [3, 4])])).toStrictEqual({ embedding: [3, 4] })
    expect(refusalOf(() => answer([entry(0, [3]), entry(1, [4])]))).toEqual(SENSELESS)
  })
})

it('answers with the errors of Ollama', () => {
  for (const dialect of [ollamaEmbedDialect, ollamaEmbeddingsDialect])
    expect(dialect.errorBody(new GatewayError('overloaded', 'Too much'), 'r')).toEqual({ error: 'Too much' })
  expect([ollamaEmbedDialect.id, ollamaEmbeddingsDialect.id]).toEqual(['ollama-embed', 'ollama-embeddings'])
})
