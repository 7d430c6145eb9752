import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecMismatch, CodecRefusal } from '../codec.ts'
import { documentTexts, toRankedResults } from './rerank-documents.ts'

describe('documentTexts', () => {
  it('are strings, and the texts of objects', () => {
    expect(documentTexts({ documents: ['a', { text: 'b', title: 'x' }], rank_fields: ['text'] })).toEqual(['a', 'b'])
    expect(documentTexts({ documents: [], rank_fields: null })).toEqual([])
  })

  it.each<[string, object]>([
    ['documents', { documents: 'a' }],
    ['documents[1]', { documents: ['a', { title: 'b' }] }],
    ['documents[0]', { documents: [1] }],
    ['rank_fields', { documents: ['a'], rank_fields: ['text', 'title'] }],
    ['rank_fields', { documents: ['a'], rank_fields: 'text' }],
  ])('refuse %s', (param, fields) => {
    expect(() => documentTexts({ ...fields })).toThrow(expect.toSatisfy((error) => error instanceof CodecRefusal && error.param === param))
  })
})

describe('toRankedResults', () => {
  it('makes no sense of results for a request without documents', () => {
    expect(() => toRankedResults([{ index: 0, score: 1 }], {})).toThrow(CodecMismatch)
  })

  it('prefers the text that the reranker gave back, and gives none that is not wanted', () => {
    const rows = [
      { index: 1, score: 0.5, text: 'own' },
      { index: 0, score: 0.5 },
    ]
    const documents = ['a', { text: 'b' }]
    expect(toRankedResults(rows, { documents, return_documents: true })).toEqual([
      { index: 0, relevance_score: 0.5, document: { text: 'a' } },
      { index: 1, relevance_score: 0.5, document: { text: 'own' } },
    ])
    expect(toRankedResults(rows, { documents })).toEqual([
      { index: 0, relevance_score: 0.5 },
      { index: 1, relevance_score: 0.5 },
    ])
  })

  it('is the same list for any order of the rows, best first', () => {
    const rowsOf = (scores: readonly number[]) => scores.map((score, index) => ({ index, score }))
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 12 }),
        fc.nat(15),
        fc.infiniteStream(fc.nat(1_000)),
        (scores, topN, random) => {
          const fields = { documents: scores.map(String), top_n: topN }
          const results = toRankedResults(rowsOf(scores), fields)
          const shuffled = rowsOf(scores)
            .map((row) => ({ row, key: Number(random.next().value) }))
            .sort((a, b) => a.key - b.key)
          expect(
            toRankedResults(
              shuffled.map(({ row }) => row),
              fields,
            ),
          ).toEqual(results)
          expect(results).toHaveLength(topN === 0 ? scores.length : Math.min(topN, scores.length))
          const ranked = results.map((result) => Number(result['relevance_score']))
          expect(ranked).toEqual(scores.toSorted((a, b) => b - a).slice(0, results.length))
        },
      ),
    )
  })
})
