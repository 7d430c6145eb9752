import { describe, expect, it } from 'vitest'
import { ENDPOINT_DEFINITIONS } from './definitions.ts'
import { embeddingParts, joinEmbeddings } from './embedding-parts.ts'
import { canonicalCall } from './parse-json-call.ts'
import type { JsonObject } from '../lib/json.ts'

function callOf(id: string, fields: JsonObject) {
  const endpoint = ENDPOINT_DEFINITIONS.find((definition) => definition.id === id)
  if (endpoint === undefined) throw new Error(id)
  return canonicalCall(endpoint, { model: 'm', ...fields })
}

const inputsOf = (id: string, input: unknown, most: number | undefined) =>
  embeddingParts(callOf(id, { input, dimensions: 3, query: 'q', documents: [] }), most).map(({ fields }) => fields['input'])

describe('embeddingParts', () => {
  it.each<[unknown, number | undefined, unknown[]]>([
    ['a', 1, ['a']],
    [['a', 'b'], 2, [['a', 'b']]],
    [['a', 'b', 'c'], 2, [['a', 'b'], ['c']]],
    [
      ['a', 'b', 'c', 'd'],
      2,
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [['a', 'b', 'c'], undefined, [['a', 'b', 'c']]],
    [[1, 2, 3], 2, [[1, 2, 3]]],
    [[[1, 2], [3], [4]], 2, [[[1, 2], [3]], [[4]]]],
    [[], 2, [[]]],
  ])('%j by %s', (input, most, parts) => expect(inputsOf('embedding', input, most)).toEqual(parts))

  it('keeps all other fields, in the bytes too', () => {
    const [, second] = embeddingParts(callOf('embedding', { input: ['a', 'b'], dimensions: 3 }), 1)
    expect(JSON.parse(String(second?.bytes))).toEqual({ model: 'm', input: ['b'], dimensions: 3 })
  })

  it('is for embeddings alone', () => {
    expect(inputsOf('moderation', ['a', 'b'], 1)).toEqual([['a', 'b']])
  })
})

describe('joinEmbeddings', () => {
  const part = (vectors: [number, number][], usage?: object) => ({
    inputs: vectors.length,
    answer: { object: 'list', model: 'm', data: vectors.map(([index, value]) => ({ index, embedding: [value] })), usage },
  })

  it('puts the vectors in order, numbers them anew and adds the tokens up', () => {
    const parts = [
      part(
        [
          [1, 2],
          [0, 1],
        ],
        { prompt_tokens: 3, total_tokens: 4 },
      ),
      part([[0, 3]], { prompt_tokens: 5, total_tokens: 5 }),
    ]
    expect(joinEmbeddings(parts)).toEqual({
      object: 'list',
      model: 'm',
      data: [1, 2, 3].map((value, index) => ({ index, embedding: [value] })),
      usage: { prompt_tokens: 8, total_tokens: 9 },
    })
    expect(joinEmbeddings([part([[0, 1]])])['usage']).toEqual({ prompt_tokens: 0, total_tokens: 0 })
  })

  it('refuses an answer that lacks a vector', () => {
    expect(() => joinEmbeddings([{ ...part([[0, 1]]), inputs: 2 }])).toThrow(TypeError)
    expect(() => joinEmbeddings([{ answer: {}, inputs: 1 }])).toThrow(TypeError)
  })
})
