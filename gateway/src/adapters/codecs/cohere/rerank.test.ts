import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../lib/json.ts'
import { CodecFailure, CodecMismatch, CodecRefusal } from '../codec.ts'
import { decodeRerank, encodeRerank } from './rerank.ts'

const BASE = { model: 'public', query: 'q', documents: ['a', { text: 'b', title: 't' }, 'c'] }
const encode = (fields: JsonObject) =>
  encodeRerank({ endpoint: 'rerank', model: 'rerank-v4', stream: false, fields: { ...BASE, ...fields } })
const decode = (answer: unknown, fields: JsonObject = {}) =>
  decodeRerank(answer, { endpoint: 'rerank', fields: { ...BASE, ...fields }, model: 'public', id: 'r-1', created: 1 })

const PLAIN = { model: 'rerank-v4', query: 'q', documents: ['a', 'b', 'c'] }
const META = { api_version: { version: '2' }, billed_units: { search_units: 1 } }
const ROWS = [
  { index: 1, relevance_score: 0.5 },
  { index: 2, relevance_score: 0.99 },
  { index: 0, relevance_score: 0.5 },
]

describe('encodeRerank', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['documents as texts', {}, {}],
    ['top_n of 1', { top_n: 1 }, { top_n: 1 }],
    ['top_n of 0, which means all', { top_n: 0 }, {}],
    ['top_n of null', { top_n: null }, {}],
    ['max_tokens_per_doc', { max_tokens_per_doc: 512 }, { max_tokens_per_doc: 512 }],
    ["Cohere's own words", { priority: 1 }, { priority: 1 }],
    ['what has no place', { return_documents: true, max_chunks_per_doc: 3, user: 'u' }, {}],
    ['rank_fields that mean the text', { rank_fields: ['text'] }, {}],
    ['no rank_fields', { rank_fields: null }, {}],
  ])('%s', (_name, fields, expected) => {
    expect(encode(fields)).toEqual({ ...PLAIN, ...expected })
  })

  it.each<[string, JsonObject]>([
    ['documents', { documents: 'a' }],
    ['documents[1]', { documents: ['a', { title: 't' }] }],
    ['documents[0]', { documents: [5] }],
    ['rank_fields', { rank_fields: ['title', 'text'] }],
    ['rank_fields', { rank_fields: 'text' }],
  ])('refuses %s', (param, fields) => {
    expect(() => encode(fields)).toThrow(expect.toSatisfy((error) => error instanceof CodecRefusal && error.param === param))
  })
})

describe('decodeRerank', () => {
  it('sorts by score, ties by index, and keeps what was billed', () => {
    expect(decode({ id: '0b7e', results: ROWS, meta: META })).toEqual({
      id: '0b7e',
      object: 'list',
      model: 'public',
      results: [
        { index: 2, relevance_score: 0.99 },
        { index: 0, relevance_score: 0.5 },
        { index: 1, relevance_score: 0.5 },
      ],
      usage: { total_tokens: 0 },
      meta: META,
    })
  })

  it('fills in the documents that Cohere never returns, and cuts', () => {
    expect(decode({ results: ROWS }, { return_documents: true, top_n: 2 })).toEqual({
      id: 'rerank-r-1',
      object: 'list',
      model: 'public',
      results: [
        { index: 2, relevance_score: 0.99, document: { text: 'c' } },
        { index: 0, relevance_score: 0.5, document: { text: 'a' } },
      ],
      usage: { total_tokens: 0 },
    })
  })

  it('gives the text of a document that is an object', () => {
    expect(decode({ results: [{ index: 1, relevance_score: 0.5 }] }, { return_documents: true })['results']).toEqual([
      { index: 1, relevance_score: 0.5, document: { text: 'b' } },
    ])
  })

  it.each([
    [0, 3],
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 3],
    [-1, 3],
    [null, 3],
    ['1', 3],
  ])('a top_n of %j gives %i', (topN, count) => {
    expect(decode({ results: ROWS }, { top_n: topN })['results']).toHaveLength(count)
  })

  it('tells tokens where Cohere does', () => {
    expect(decode({ results: [], meta: { tokens: { input_tokens: 9 } } })['usage']).toEqual({ total_tokens: 9 })
  })

  it.each([
    ['a list', []],
    ['no results', { id: 'x', meta: META }],
    ['a row that is none', { results: ['x'] }],
    ['an index above', { results: [{ index: 3, relevance_score: 1 }] }],
    ['an index below', { results: [{ index: -1, relevance_score: 1 }] }],
    ['a broken index', { results: [{ index: 0.5, relevance_score: 1 }] }],
    ['no score', { results: [{ index: 0 }] }],
    ['a score in words', { results: [{ index: 0, relevance_score: '1' }] }],
  ])('makes no sense of %s', (_name, answer) => {
    expect(() => decode(answer)).toThrow(CodecMismatch)
  })

  it('fails on an error inside of a 200', () => {
    expect(() => decode({ message: 'invalid api token' })).toThrow(CodecFailure)
  })
})
