import { isObject, type JsonObject } from '../../../lib/json.ts'
import { refuseErrorBody } from '../canonical/error-in-answer.ts'
import { extrasOf } from '../canonical/extra-fields.ts'
import { documentTexts, toRankedResults } from '../canonical/rerank-documents.ts'
import { CodecMismatch, type AnswerContext, type CanonicalCall } from '../codec.ts'

/** TEI has no `top_n` (the gateway cuts), and no limit to a document's tokens or chunks but the model's own. */
const KNOWN: ReadonlySet<string> = new Set([
  'model',
  'documents',
  'return_documents',
  'top_n',
  'max_tokens_per_doc',
  'max_chunks_per_doc',
  'rank_fields',
  'user',
])

/**
 * The public API's rerank -> the body of `POST /rerank`: at most `max_client_batch_size` documents (32 unless the
 * server was started otherwise) to a call. Pairs that are too long are cut, as other rerankers do, unless the client
 * says `truncate: false`; TEI's own `raw_scores` and `truncation_direction` go as they came.
 */
export function encodeRerank({ fields }: CanonicalCall): JsonObject {
  return {
    truncate: true,
    ...extrasOf(fields, KNOWN),
    texts: documentTexts(fields),
    return_text: fields['return_documents'] === true,
  }
}

/** Without `usage`: TEI tells it in the header `x-compute-tokens` alone, from which the endpoint adds it. */
export function decodeRerank(answer: unknown, context: AnswerContext): JsonObject {
  refuseErrorBody(answer)
  if (!Array.isArray(answer)) throw new CodecMismatch('An answer to a rerank request is no list')
  const rows = answer.map((row: unknown) => {
    const { index, score, text } = isObject(row) ? row : {}
    return { index, score, text }
  })
  return { object: 'list', model: context.model, results: toRankedResults(rows, context.fields) }
}
