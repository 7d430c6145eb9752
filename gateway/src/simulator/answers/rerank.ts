import { mix32 } from '../../lib/hash.ts'
import type { Call } from '../call.ts'
import { arrayOf, countOf, objectOf, stringOf } from '../json.ts'
import { BadRequest, jsonReply, type Reply } from '../reply.ts'
import { hexOf, seedOf, tokenCount } from '../text.ts'

/** `/v1/rerank`: sorted by score, ties by index, each document given back unless `return_documents` is false. */
export function answerRerank(call: Call): Reply {
  const query = stringOf(call.body['query'])
  if (query === undefined) throw new BadRequest("Missing required parameter: 'query'", 'query', 'missing_required_parameter')
  const documents = documentsOf(call)
  const results = documents
    .map((text, index) => ({
      index,
      relevance_score: scoreOf(query, text),
      ...(call.body['return_documents'] === false ? {} : { document: { text } }),
    }))
    .sort((left, right) => right.relevance_score - left.relevance_score || left.index - right.index)
    .slice(0, countOf(call.body['top_n']) ?? documents.length)
  const tokens = documents.reduce((sum, text) => sum + tokenCount(text), tokenCount(query))
  const id = `rerank-${hexOf(seedOf(call.model, query, ...documents))}`
  return jsonReply(200, { id, model: call.model, usage: { prompt_tokens: tokens, total_tokens: tokens }, results })
}

/** TEI's name `texts` is read too, as llama.cpp does. */
function documentsOf(call: Call): readonly string[] {
  const given = arrayOf(call.body['documents'] ?? call.body['texts'])
  const texts = given.map((item) => stringOf(item) ?? stringOf(objectOf(item)['text']))
  if (given.length === 0 || !texts.every((text) => text !== undefined)) {
    throw new BadRequest("'documents' must be a non-empty list of strings or {text}", 'documents', 'invalid_value')
  }
  return texts
}

/** Shared words count most; the rest is noise that tells documents apart. Six digits, 0 to 1. */
function scoreOf(query: string, document: string): number {
  const words = new Set(query.toLowerCase().split(/\W+/u).filter(Boolean))
  const shared = new Set(
    document
      .toLowerCase()
      .split(/\W+/u)
      .filter((word) => words.has(word)),
  )
  const noise = (mix32(seedOf(query, document), 0) / 2 ** 32) * 0.2
  return Number(((words.size === 0 ? 0 : shared.size / words.size) * 0.8 + noise).toFixed(6))
}
