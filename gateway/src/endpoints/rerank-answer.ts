import { isObject, type JsonObject } from '../lib/json.ts'
import { countedTokens } from './counted-tokens.ts'
import type { AnswerContext } from './endpoint.ts'
import { readUsage } from './usage.ts'

interface Result {
  readonly index: number
  readonly relevance_score: number
  readonly document?: { readonly text: string }
}

/**
 * Brings the answers of all known rerankers (backends.md 21.7) into one shape: Jina v1 united with Cohere v2. Sorted
 * by score, ties by index, cut to `top_n`; texts come from the request, since half of the backends never return them.
 */
export function normaliseRerank(answer: unknown, context: AnswerContext): JsonObject {
  const documents = Array.isArray(context.fields['documents']) ? context.fields['documents'] : []
  const withText = context.fields['return_documents'] === true
  const results = rowsOf(answer).map((row) => readRow(row, documents, withText))
  results.sort((a, b) => b.relevance_score - a.relevance_score || a.index - b.index)
  const topN = context.fields['top_n']
  const envelope = isObject(answer) ? answer : {}
  const { results: _results, data: _data, output: _output, object: _object, ...rest } = envelope
  return {
    ...rest,
    object: 'list',
    model: context.model,
    results: typeof topN === 'number' && topN >= 1 ? results.slice(0, topN) : results,
    usage: { total_tokens: tokensOf(answer, context) },
    ...(isObject(envelope['usage']) ? { usage: envelope['usage'] } : {}),
  }
}

function rowsOf(answer: unknown): readonly unknown[] {
  const output = isObject(answer) && isObject(answer['output']) ? answer['output'] : answer
  const rows = isObject(output) ? (output['results'] ?? output['data']) : output
  if (!Array.isArray(rows)) throw new TypeError('An answer to a rerank request has no list of results')
  return rows
}

function readRow(row: unknown, documents: readonly unknown[], withText: boolean): Result {
  const index: unknown = isObject(row) ? row['index'] : undefined
  const score: unknown = isObject(row) ? (row['relevance_score'] ?? row['score']) : undefined
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= documents.length) {
    throw new TypeError('A rerank result points outside the documents of the request')
  }
  if (typeof score !== 'number' || !Number.isFinite(score)) throw new TypeError('A rerank result has no score')
  const text = textOf(documents[index])
  return { index, relevance_score: score, ...(withText && text !== undefined ? { document: { text } } : {}) }
}

/** A document of the request: a text, or an object with one. */
export function textOf(document: unknown): string | undefined {
  if (typeof document === 'string') return document
  return isObject(document) && typeof document['text'] === 'string' ? document['text'] : undefined
}

/** SGLang counts per result, TEI in a header, the others in the body or not at all. */
function tokensOf(answer: unknown, context: AnswerContext): number {
  const usage = readUsage(answer)
  if (usage !== undefined) return usage.totalTokens
  const counted = countedTokens(context)
  if (counted !== undefined) return counted
  if (!Array.isArray(answer)) return 0
  const counts = answer.map((row: unknown) => (isObject(row) && isObject(row['meta_info']) ? Number(row['meta_info']['prompt_tokens']) : 0))
  return counts.reduce((sum, count) => sum + (Number.isFinite(count) ? count : 0), 0)
}
