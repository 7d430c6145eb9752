import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../lib/json.ts'
import { CodecFailure, CodecMismatch, CodecRefusal } from '../codec.ts'
import { teiCodec } from './tei.ts'

const encode = (endpoint: 'embedding' | 'rerank' | 'chat', fields: JsonObject) =>
  teiCodec.encode({ endpoint, model: 'BAAI/bge-m3', stream: false, fields: { model: 'public', ...fields } })
const decode = (endpoint: 'embedding' | 'rerank', answer: unknown, fields: JsonObject) =>
  teiCodec.decode(answer, { endpoint, fields, model: 'public', id: 'r-1', created: 1 })
const refuses = (param: string) => expect.toSatisfy((error: unknown) => error instanceof CodecRefusal && error.param === param)

describe('embeddings of teiCodec', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['a text', { input: 'a' }, { inputs: 'a' }],
    ['texts', { input: ['a', 'b'] }, { inputs: ['a', 'b'] }],
    ['token ids', { input: [1, 2] }, { inputs: [1, 2] }],
    ['lists of token ids beside texts', { input: [[1, 2], 'a'] }, { inputs: [[1, 2], 'a'] }],
    ['an empty list, for TEI to refuse', { input: [] }, { inputs: [] }],
    ['dimensions', { input: 'a', dimensions: 64 }, { inputs: 'a', dimensions: 64 }],
    ['what has no place', { input: 'a', user: 'u', encoding_format: 'base64', dimensions: null }, { inputs: 'a' }],
    ['floats', { input: 'a', encoding_format: 'float' }, { inputs: 'a' }],
    [
      "TEI's own words",
      { inputs: ['a'], normalize: false, truncate: true, truncation_direction: 'left', prompt_name: 'query' },
      { inputs: ['a'], normalize: false, truncate: true, truncation_direction: 'left', prompt_name: 'query' },
    ],
  ])('%s', (_name, fields, body) => {
    expect(encode('embedding', fields)).toEqual({ path: '/embed', body })
  })

  it.each<[string, JsonObject]>([
    ['input', {}],
    ['input', { input: 5 }],
    ['input[1]', { input: ['a', { text: 'b' }] }],
    ['input[0]', { input: [[]] }],
    ['input[0]', { input: [1, 'a'] }],
    ['encoding_format', { input: 'a', encoding_format: 'ubinary' }],
  ])('refuse %s', (param, fields) => {
    expect(() => encode('embedding', fields)).toThrow(refuses(param))
  })

  it.each<[string, JsonObject, readonly (readonly number[])[]]>([
    [
      'texts',
      { input: ['a', 'b'] },
      [
        [0.1, -0.2],
        [0.3, 0.4],
      ],
    ],
    ['a text', { input: 'a' }, [[0.1]]],
    ['token ids', { input: [1, 2, 3] }, [[0.1]]],
    ['lists of token ids', { input: [[1, 2], [3]] }, [[0.1], [0.2]]],
    ['inputs', { inputs: ['a', 'b'] }, [[0.1], [0.2]]],
  ])('come back for %s', (_name, fields, vectors) => {
    expect(decode('embedding', vectors, fields)).toEqual({
      object: 'list',
      data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })),
      model: 'public',
      usage: { prompt_tokens: 0, total_tokens: 0 },
    })
  })

  it.each([
    ['too few vectors', [[0.1]]],
    ['too many vectors', [[0.1], [0.2], [0.3]]],
    ['an object', { data: [] }],
    ['null in a vector', [[0.1], [null]]],
  ])('make no sense with %s', (_name, answer) => {
    expect(() => decode('embedding', answer, { input: ['a', 'b'] })).toThrow(CodecMismatch)
  })
})

describe('rerank of teiCodec', () => {
  const BASE = { query: 'q', documents: ['d0', { text: 'd1' }] }

  it.each<[string, JsonObject, JsonObject]>([
    ['texts', {}, {}],
    ['texts back', { return_documents: true }, { return_text: true }],
    ['no texts back', { return_documents: false }, {}],
    ['what has no place', { top_n: 1, max_tokens_per_doc: 5, max_chunks_per_doc: 6, user: 'u', rank_fields: ['text'] }, {}],
    [
      "TEI's own words",
      { raw_scores: true, truncate: false, truncation_direction: 'left' },
      { raw_scores: true, truncate: false, truncation_direction: 'left' },
    ],
    ['nulls', { truncate: null, top_n: null }, {}],
  ])('%s', (_name, fields, body) => {
    expect(encode('rerank', { ...BASE, ...fields })).toEqual({
      path: '/rerank',
      body: { query: 'q', texts: ['d0', 'd1'], truncate: true, return_text: false, ...body },
    })
  })

  it.each<[string, JsonObject]>([
    ['documents', { documents: null }],
    ['documents[0]', { documents: [{ title: 'x' }] }],
    ['rank_fields', { ...BASE, rank_fields: ['title'] }],
  ])('refuses %s', (param, fields) => {
    expect(() => encode('rerank', fields)).toThrow(refuses(param))
  })

  it('comes back with scores, without usage', () => {
    const rows = [
      { index: 1, score: 0.99 },
      { index: 0, score: 0.01 },
    ]
    expect(decode('rerank', rows, BASE)).toEqual({
      object: 'list',
      model: 'public',
      results: [
        { index: 1, relevance_score: 0.99 },
        { index: 0, relevance_score: 0.01 },
      ],
    })
  })

  it('comes back sorted, cut and with texts, its own before those of the request', () => {
    const rows = [
      { index: 0, score: 0.01, text: 'own' },
      { index: 1, score: 0.99 },
    ]
    expect(decode('rerank', rows, { ...BASE, return_documents: true })['results']).toEqual([
      { index: 1, relevance_score: 0.99, document: { text: 'd1' } },
      { index: 0, relevance_score: 0.01, document: { text: 'own' } },
    ])
    expect(decode('rerank', rows, { ...BASE, top_n: 1 })['results']).toEqual([{ index: 1, relevance_score: 0.99 }])
  })

  it.each([
    ['an object', { results: [] }],
    ['a row that is none', [5]],
    ['an index outside', [{ index: 2, score: 1 }]],
    ['no score', [{ index: 0 }]],
  ])('makes no sense with %s', (_name, answer) => {
    expect(() => decode('rerank', answer, BASE)).toThrow(CodecMismatch)
  })
})

describe('teiCodec', () => {
  it('has no other endpoints, no streams', () => {
    expect(() => encode('chat', { messages: [] })).toThrow(refuses('model'))
    expect(teiCodec.createStreamDecoder({ endpoint: 'embedding', fields: {}, model: 'public', id: 'r-1', created: 1 })).toBeUndefined()
  })

  it.each(['embedding', 'rerank'] as const)('fails on an error inside of a 200: %s', (endpoint) => {
    expect(() => decode(endpoint, { error: 'm', error_type: 'Backend' }, { input: 'a', documents: ['a'] })).toThrow(
      expect.toSatisfy((error) => error instanceof CodecFailure && error.error.type === 'Backend' && error.message === 'm'),
    )
  })

  it.each([
    ['its own', 429, '{"error":"Model is overloaded","error_type":"Overloaded"}', { message: 'Model is overloaded', type: 'Overloaded' }],
    [
      "OpenAI's, flat",
      422,
      '{"message":"batch size 40 > maximum allowed batch size 32","code":422,"type":"Validation"}',
      { message: 'batch size 40 > maximum allowed batch size 32', type: 'Validation', code: '422' },
    ],
    ['text', 422, 'Failed to deserialize the JSON body', { message: 'Failed to deserialize the JSON body' }],
    ['nothing', 401, '', { message: 'The upstream answered 401 without a body' }],
  ])('reads an error: %s', (_name, status, body, expected) => {
    expect(teiCodec.decodeError(status, Buffer.from(body))).toEqual({ type: undefined, param: undefined, code: undefined, ...expected })
  })
})
