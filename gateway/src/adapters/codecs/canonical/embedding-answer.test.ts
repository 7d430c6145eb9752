import { expect, test } from 'vitest'
import { embeddingAnswer } from './embedding-answer.ts'

const CONTEXT = { endpoint: 'embedding', fields: {}, model: 'm', id: 'r-1', created: 1 } as const
const answer = (vectors: unknown, expected = 1) => embeddingAnswer({ vectors, expected, tokens: 3 }, CONTEXT)

test('the list in order, with its tokens', () => {
  expect(answer([[0.5, -1], [2]], 2)).toEqual({
    object: 'list',
    data: [
      { object: 'embedding', index: 0, embedding: [0.5, -1] },
      { object: 'embedding', index: 1, embedding: [2] },
    ],
    model: 'm',
    usage: { prompt_tokens: 3, total_tokens: 3 },
  })
  expect(embeddingAnswer({ vectors: [], expected: undefined, tokens: 0 }, CONTEXT)['data']).toEqual([])
})

test.each([
  [[[1], [2]], 1, 'An answer to an embedding request does not have 1 vectors'],
  [[], 1, 'An answer to an embedding request does not have 1 vectors'],
  [{}, 2, 'An answer to an embedding request does not have 2 vectors'],
  [undefined, undefined, 'An answer to an embedding request has no list of vectors'],
])('%j are not %j', (vectors, expected, message) => {
  expect(() => embeddingAnswer({ vectors, expected, tokens: 0 }, CONTEXT)).toThrow(
    expect.objectContaining({ name: 'CodecMismatch', message }),
  )
})

test.each([[[]], [[1, null]], [['1']], [[Number.POSITIVE_INFINITY]], ['AACAPw=='], [{}]])('%j is no vector', (vector) => {
  expect(() => answer([vector])).toThrow(
    expect.objectContaining({
      name: 'CodecMismatch',
      message: 'A vector in an answer to an embedding request is no list of numbers',
    }),
  )
})
