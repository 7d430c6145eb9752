import type { JsonObject } from '../../src/lib/json.ts'
import { admitCohere, cohereRefusal, cohereSide } from './cohere-double.ts'
import { MODEL_LIST } from './openai-double.ts'
import { objectOf, objectsOf, textOf } from './reading.ts'
import { Refused, demand, isCount, isOptional, isText, strangerIn } from './refused.ts'
import { bearerOf } from './render.ts'
import { jsonAnswer, textAnswer, type Served } from './serve.ts'
import { missing, oversized, teiHeaders, teiNotFound, teiRefusal, teiSide } from './tei.ts'
import { startWork, textsOf, tokensOf, wordsOf, type WorkOptions, type WorkWire } from './work-double.ts'

export type RerankWire = 'openai' | 'cohere' | 'tei' | 'jina'

export type RerankDouble = Served & { readonly wire: RerankWire }

/**
 * The score of a document is how many words of the query it has; a word is a token. `openai` is vLLM's rerank beside the
 * API of OpenAI, which has none itself.
 */
export async function startRerankDouble(wire: RerankWire, options: WorkOptions = {}): Promise<RerankDouble> {
  const maximumBatch = options.maximumBatch ?? (wire === 'tei' ? 32 : Infinity)
  return { wire, ...(await startWork(WIRES[wire], { ...options, maximumBatch })) }
}

interface Ranked {
  readonly index: number
  readonly score: number
  readonly text: string
}

/** Best first, ties in the order of the request. */
function rank(query: string, texts: readonly string[]): Ranked[] {
  const wanted = [...new Set(wordsOf(query))]
  const scoreOf = (text: string): number => {
    const had = new Set(wordsOf(text))
    return wanted.filter((word) => had.has(word)).length
  }
  return texts
    .map((text, index) => ({ index, text, score: scoreOf(text) }))
    .sort((one, other) => other.score - one.score || one.index - other.index)
}

/** The query is read with every document. */
const tokensRead = (query: string, texts: readonly string[]): number => tokensOf([query]) * texts.length + tokensOf(texts)

const openai: WorkWire = {
  isWork: (path) => ['/v1/rerank', '/rerank', '/v2/rerank'].includes(path),
  admit: () => {},
  side: ({ method, path }) => {
    if (method !== 'GET') return undefined
    if (path === '/health') return textAnswer('', { status: 200, headers: {} })
    return path === '/v1/models' ? jsonAnswer(MODEL_LIST) : undefined
  },
  notFound: () => jsonAnswer({ error: { message: 'Not Found', type: 'NotFoundError', param: null, code: 404 } }, { status: 404 }),
  refusal: (_asked, { status, message }) =>
    jsonAnswer({ error: { message, type: 'BadRequestError', param: null, code: status } }, { status }),
  work: ({ ordinal, body }, maximum) => {
    const { query, top_n: top } = body
    demand(isText(query), 'query: Field required')
    const texts = documentsOf(body['documents'], 'content')
    demand(texts !== undefined && texts.length <= maximum, 'documents: Input should be a list of strings')
    demand(isOptional(top, 'number'), 'top_n: Input should be a valid integer')
    const total = tokensRead(query, texts)
    return jsonAnswer({
      id: `rerank-${ordinal}`,
      model: textOf(body['model']) || 'm',
      usage: { prompt_tokens: total, total_tokens: total },
      // The documents come always; 0 means all.
      results: cut(rank(query, texts), top === 0 ? undefined : top).map(({ index, score, text }) => ({
        index,
        document: { text, multi_modal: null },
        relevance_score: score,
      })),
    })
  },
}

/** Strings, or objects that hold the text in that field. */
function documentsOf(value: unknown, field: 'content' | 'text'): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  return textsOf(
    value.map((document: unknown) => {
      if (typeof document === 'string') return document
      const held = objectOf(document)[field]
      return field === 'content' ? objectsOf(held)[0]?.['text'] : held
    }),
  )
}

const cut = (ranked: readonly Ranked[], top: unknown): readonly Ranked[] => ranked.slice(0, typeof top === 'number' ? top : ranked.length)

const cohere: WorkWire = {
  isWork: (path) => path === '/v2/rerank',
  admit: admitCohere,
  side: cohereSide,
  notFound: (asked) => cohereRefusal(asked, new Refused(`no route for ${asked.path}`, { status: 404 })),
  refusal: cohereRefusal,
  work: ({ ordinal, body }, maximum) => {
    const stranger = strangerIn(body, ['model', 'query', 'documents', 'top_n', 'max_tokens_per_doc', 'priority'])
    demand(stranger === undefined, `unknown field: parameter '${stranger}' is not a valid field`)
    const { model, query, documents, top_n: top } = body
    demand(isText(model), "missing required field: parameter 'model' is required")
    demand(isText(query), 'invalid request: query must not be empty')
    const texts = Array.isArray(documents) ? textsOf(documents) : undefined
    demand(texts !== undefined && texts.length > 0, 'invalid request: documents must be a list of strings')
    demand(texts.length <= maximum, `invalid request: too many documents: ${texts.length}, maximum ${maximum}`)
    demand(top === undefined || isCount(top), 'invalid request: top_n must be 1 or more')
    return jsonAnswer({
      id: `rerank-${ordinal}`,
      // Neither documents nor tokens.
      results: cut(rank(query, texts), top).map(({ index, score }) => ({ index, relevance_score: score })),
      meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } },
    })
  },
}

const tei: WorkWire = {
  isWork: (path) => path === '/rerank',
  admit: () => {},
  side: (asked, maximumBatch) =>
    teiSide(asked, { model_type: { reranker: { id2label: { 0: 'LABEL_0' }, label2id: { LABEL_0: 0 } } }, maximumBatch }),
  notFound: teiNotFound,
  refusal: teiRefusal,
  work: ({ body }, maximum) => {
    const { query, texts: sent, return_text: returned } = body
    demand(typeof query === 'string', missing('query'), { status: 422, bare: true })
    const texts = Array.isArray(sent) ? textsOf(sent) : undefined
    demand(texts !== undefined, missing('texts'), { status: 422, bare: true })
    demand(texts.length > 0, '`texts` cannot be empty')
    demand(texts.length <= maximum, oversized(texts.length, maximum), { status: 422 })
    const ranks = rank(query, texts).map(({ index, score, text }) => ({ index, score, ...(returned === true ? { text } : {}) }))
    return jsonAnswer(ranks, { headers: teiHeaders([query, ...texts], tokensRead(query, texts)) })
  },
}

const jina: WorkWire = {
  isWork: (path) => path === '/v1/rerank',
  admit: ({ headers }) => {
    if (bearerOf(headers.authorization) === undefined) throw new Refused('Invalid API key', { status: 401 })
  },
  side: () => undefined,
  notFound: () => jsonAnswer({ detail: 'Not Found' }, { status: 404 }),
  refusal: (_asked, { status, message }) => jsonAnswer({ detail: message }, { status }),
  work: ({ body }, maximum) => {
    const { model, query, top_n: top, return_documents: returned } = body
    demand(isText(model), 'model: field required', { status: 422 })
    demand(isText(query), 'query: field required', { status: 422 })
    const texts = documentsOf(body['documents'], 'text')
    demand(texts !== undefined, 'documents: field required', { status: 422 })
    demand(texts.length <= maximum, `documents: at most ${maximum}`, { status: 422 })
    demand(top === undefined || isCount(top), 'top_n: ensure this value is greater than 0', { status: 422 })
    return jsonAnswer({
      model,
      usage: { total_tokens: tokensRead(query, texts) },
      results: cut(rank(query, texts), top).map(({ index, score, text }): JsonObject => ({
        index,
        relevance_score: score,
        ...(returned === false ? {} : { document: { text } }),
      })),
    })
  },
}

const WIRES: Readonly<Record<RerankWire, WorkWire>> = { openai, cohere, tei, jina }
