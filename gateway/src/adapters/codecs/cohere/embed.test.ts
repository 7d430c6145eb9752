import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../lib/json.ts'
import { CodecFailure, CodecMismatch, CodecRefusal } from '../codec.ts'
import { decodeEmbed, encodeEmbed } from './embed.ts'

const encode = (fields: JsonObject) =>
  encodeEmbed({ endpoint: 'embedding', model: 'embed-v4.0', stream: false, fields: { model: 'public', ...fields } })
const decode = (answer: unknown, fields: JsonObject) =>
  decodeEmbed(answer, { endpoint: 'embedding', fields, model: 'public', id: 'r-1', created: 1 })

const PLAIN = { model: 'embed-v4.0', input_type: 'search_document', embedding_types: ['float'] }
const ANSWER = {
  id: 'f5aa3e7b',
  texts: ['a', 'b'],
  embeddings: {
    float: [
      [0.033, -0.0625],
      [-0.0466, 0.00037],
    ],
  },
  meta: { api_version: { version: '2' }, billed_units: { input_tokens: 10 } },
  response_type: 'embeddings_by_type',
}

describe('encodeEmbed', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['a text', { input: 'a' }, { texts: ['a'] }],
    ['texts', { input: ['a', 'b'] }, { texts: ['a', 'b'] }],
    ['dimensions', { input: 'a', dimensions: 256 }, { texts: ['a'], output_dimension: 256 }],
    ['a user, who has no place', { input: 'a', user: 'u', encoding_format: 'float' }, { texts: ['a'] }],
    ['base64, which the gateway makes', { input: 'a', encoding_format: 'base64' }, { texts: ['a'] }],
    ['types that come', { input: 'a', embedding_types: ['float', 'base64'] }, { texts: ['a'] }],
    ['nulls', { input: 'a', dimensions: null, encoding_format: null, embedding_types: null, input_type: null }, { texts: ['a'] }],
    [
      "Cohere's own words",
      { input: 'a', input_type: 'search_query', truncate: 'END', max_tokens: 5 },
      { texts: ['a'], input_type: 'search_query', truncate: 'END', max_tokens: 5 },
    ],
    ['texts in its own words', { texts: ['a'] }, { texts: ['a'] }],
    [
      'images',
      { images: ['data:image/png;base64,iVBORw0KGgo='], input_type: 'image' },
      { images: ['data:image/png;base64,iVBORw0KGgo='], input_type: 'image' },
    ],
    ['mixed inputs', { inputs: [{ content: [] }] }, { inputs: [{ content: [] }] }],
  ])('%s', (_name, fields, expected) => {
    expect(encode(fields)).toEqual({ ...PLAIN, ...expected })
  })

  it.each<[string, JsonObject]>([
    ['input', {}],
    ['input', { input: null }],
    ['input', { input: 5 }],
    ['input[0]', { input: [1, 2] }],
    ['input[1]', { input: ['a', [1, 2]] }],
    ['input[0]', { input: [{ text: 'a' }] }],
    ['encoding_format', { input: 'a', encoding_format: 'int8' }],
    ['embedding_types', { input: 'a', embedding_types: ['float', 'int8'] }],
    ['embedding_types', { input: 'a', embedding_types: 'float' }],
  ])('refuses %s', (param, fields) => {
    expect(() => encode(fields)).toThrow(expect.toSatisfy((error) => error instanceof CodecRefusal && error.param === param))
  })
})

describe('decodeEmbed', () => {
  it('gives the list in order, with its billed tokens', () => {
    expect(decode(ANSWER, { input: ['a', 'b'], encoding_format: 'base64' })).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [0.033, -0.0625] },
        { object: 'embedding', index: 1, embedding: [-0.0466, 0.00037] },
      ],
      model: 'public',
      usage: { prompt_tokens: 10, total_tokens: 10 },
    })
  })

  it.each([
    ['tokens before billed units', { tokens: { input_tokens: 12 }, billed_units: { input_tokens: 10 } }, 12],
    ['nothing', undefined, 0],
  ])('counts %s', (_name, meta, tokens) => {
    expect(decode({ ...ANSWER, meta }, { input: ['a', 'b'] })['usage']).toEqual({ prompt_tokens: tokens, total_tokens: tokens })
  })

  const two = (fields: JsonObject) => decode({ embeddings: { float: [[1], [2]] } }, fields)

  it.each<[string, JsonObject, JsonObject]>([
    ['input', { input: ['a', 'b'] }, { input: ['a'] }],
    ['one text', { input: ['a', 'b'] }, { input: 'a' }],
    ['texts', { texts: ['a', 'b'] }, { texts: ['a'] }],
    ['images', { images: ['a', 'b'] }, { images: ['a'] }],
    ['inputs', { inputs: [{}, {}] }, { inputs: [{}, {}, {}] }],
  ])('counts the vectors against %s', (_name, right, wrong) => {
    expect(two(right)['data']).toHaveLength(2)
    expect(() => two(wrong)).toThrow(CodecMismatch)
  })

  it('takes what came where the inputs can not be counted', () => {
    expect(two({})['data']).toHaveLength(2)
  })

  it.each([
    ['a list', []],
    ['no embeddings', { id: 'x' }],
    ['embeddings without types', { embeddings: [[1]] }],
    ['another type', { embeddings: { int8: [[1]] } }],
    ['a vector that is none', { embeddings: { float: ['AAAA'] } }],
    ['an empty vector', { embeddings: { float: [[]] } }],
    ['null in a vector', { embeddings: { float: [[0.1, null]] } }],
  ])('makes no sense of %s', (_name, answer) => {
    expect(() => decode(answer, { input: 'a' })).toThrow(CodecMismatch)
  })

  it('fails on an error inside of a 200', () => {
    expect(() => decode({ message: 'invalid api token' }, { input: 'a' })).toThrow(CodecFailure)
  })
})
