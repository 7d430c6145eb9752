import { isObject, type JsonObject } from '../../../lib/json.ts'
import { extrasOf } from '../canonical/extra-fields.ts'
import { documentTexts, toRankedResults } from '../canonical/rerank-documents.ts'
import { CodecFailure, CodecMismatch, type AnswerContext, type CanonicalCall } from '../codec.ts'
import { errorIn } from './error-in-answer.ts'
import { countIn } from './token-usage.ts'

/** `return_documents` is answered by the gateway, and `max_chunks_per_doc` has given way to `max_tokens_per_doc`. */
const KNOWN: ReadonlySet<string> = new Set(['model', 'documents', 'return_documents', 'rank_fields', 'max_chunks_per_doc', 'top_n', 'user'])

/** The public API's rerank -> the body of `POST /v2/rerank`. `user` and `max_chunks_per_doc` are dropped: Cohere refuses unknown fields. */
export function encodeRerank({ model, fields }: CanonicalCall): JsonObject {
  const topN = fields['top_n']
  return {
    ...extrasOf(fields, KNOWN),
    // 0 means all elsewhere, and is refused here.
    ...(typeof topN === 'number' && topN >= 1 ? { top_n: topN } : {}),
    model,
    documents: documentTexts(fields),
  }
}

/** Cohere counts searches, not tokens: `meta.billed_units.search_units` stays, and the tokens are 0 where it told none. */
export function decodeRerank(answer: unknown, context: AnswerContext): JsonObject {
  const error = errorIn(answer)
  if (error !== undefined) throw new CodecFailure(error)
  const { id, results, meta } = isObject(answer) ? answer : {}
  if (!Array.isArray(results)) throw new CodecMismatch('An answer to a rerank request has no list of results')
  const rows = results.map((row: unknown) => {
    const { index, relevance_score: score } = isObject(row) ? row : {}
    return { index, score }
  })
  return {
    id: typeof id === 'string' ? id : `rerank-${context.id}`,
    object: 'list',
    model: context.model,
    results: toRankedResults(rows, context.fields),
    usage: { total_tokens: countIn(meta, 'input_tokens') ?? 0 },
    ...(isObject(meta) ? { meta } : {}),
  }
}
