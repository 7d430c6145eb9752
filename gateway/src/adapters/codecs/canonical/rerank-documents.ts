import { isAbsent, isObject, type JsonObject } from '../../../lib/json.ts'
import { CodecMismatch, CodecRefusal } from '../codec.ts'

/** The documents of a rerank request as texts, for rerankers that read nothing else. */
export function documentTexts({ documents, rank_fields: ranked }: JsonObject): readonly string[] {
  if (!isAbsent(ranked) && !(Array.isArray(ranked) && ranked.every((name) => name === 'text')))
    throw new CodecRefusal('rank_fields', 'This backend ranks documents by their text only')
  if (!Array.isArray(documents)) throw new CodecRefusal('documents', 'The field "documents" must be an array')
  return documents.map((document: unknown, at) => {
    const text = textOf(document)
    if (text === undefined) throw new CodecRefusal(`documents[${at}]`, 'A document must be a string or an object with a "text"')
    return text
  })
}

/** What a reranker said of one document; nothing in it is trusted. */
export interface RankedRow {
  readonly index: unknown
  readonly score: unknown
  readonly text?: unknown
}

/**
 * The public API's `results`: sorted by score, ties by index, cut to `top_n` (below 1: all), with texts where the
 * client wants them; a reranker that gives none back has them filled in from the request.
 */
export function toRankedResults(rows: readonly RankedRow[], fields: JsonObject): readonly JsonObject[] {
  const documents: readonly unknown[] = Array.isArray(fields['documents']) ? fields['documents'] : []
  const results = rows.map((row) => checked(row, documents.length))
  results.sort((a, b) => b.score - a.score || a.index - b.index)
  const topN = fields['top_n']
  return results.slice(0, typeof topN === 'number' && topN >= 1 ? topN : results.length).map(({ index, score, text: own }) => {
    const text = fields['return_documents'] === true ? (textOf(own) ?? textOf(documents[index])) : undefined
    return { index, relevance_score: score, ...(text === undefined ? {} : { document: { text } }) }
  })
}

function checked({ index, score, text }: RankedRow, documents: number): { index: number; score: number; text: unknown } {
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= documents)
    throw new CodecMismatch('A rerank result points outside the documents of the request')
  if (typeof score !== 'number' || !Number.isFinite(score)) throw new CodecMismatch('A rerank result has no score')
  return { index, score, text }
}

function textOf(document: unknown): string | undefined {
  if (typeof document === 'string') return document
  return isObject(document) && typeof document['text'] === 'string' ? document['text'] : undefined
}
