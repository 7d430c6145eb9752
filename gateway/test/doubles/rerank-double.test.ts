import { describe, expect, it } from 'vitest'
import { exchange } from './exchange.ts'
import { startRerankDouble, type RerankWire } from './rerank-double.ts'

const KEYS = { authorization: 'Bearer key' }

interface Options {
  readonly maximumBatch?: number
  readonly split?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
}

async function rerank(wire: RerankWire, path: string, body: unknown, { headers = KEYS, method, ...options }: Options = {}) {
  const double = await startRerankDouble(wire, options)
  return { double, ...(await exchange(double.url + path, { body, headers, ...(method === undefined ? {} : { method }) })) }
}

const QUERY = 'the red fox'
const DOCUMENTS = ['A dog', 'The fox, the fox', 'Red fox of the north', 'a red one']
const fields = { model: 'm', query: QUERY, documents: DOCUMENTS }
/** Index and score, best first, equal ones in their order: 0, 2, 3 and 1 words of the query. */
const RANKS = [
  [2, 3],
  [1, 2],
  [3, 1],
  [0, 0],
] as const
const TOKENS = 3 * 4 + 2 + 4 + 5 + 3

const vllm = ([index, relevance_score]: readonly [number, number]) => ({
  index,
  document: { text: DOCUMENTS[index], multi_modal: null },
  relevance_score,
})
const jinas = ([index, relevance_score]: readonly [number, number]) => ({ index, relevance_score, document: { text: DOCUMENTS[index] } })
const scores = ([index, relevance_score]: readonly [number, number]) => ({ index, relevance_score })
const units = { api_version: { version: '2' }, billed_units: { search_units: 1 } }

describe('rerank', () => {
  const counted = { prompt_tokens: TOKENS, total_tokens: TOKENS }
  it.each<readonly [RerankWire, string, unknown, unknown]>([
    [
      'openai',
      '/v1/rerank',
      { ...fields, return_documents: false },
      { id: 'rerank-1', model: 'm', usage: counted, results: RANKS.map(vllm) },
    ],
    ['openai', '/rerank', { ...fields, top_n: 0 }, { id: 'rerank-1', model: 'm', usage: counted, results: RANKS.map(vllm) }],
    ['openai', '/v2/rerank', { ...fields, top_n: 1 }, { id: 'rerank-1', model: 'm', usage: counted, results: RANKS.slice(0, 1).map(vllm) }],
    [
      'openai',
      '/v1/rerank',
      { query: 'fox', documents: [{ content: [{ type: 'text', text: 'fox' }] }] },
      {
        id: 'rerank-1',
        model: 'm',
        usage: { prompt_tokens: 2, total_tokens: 2 },
        results: [{ index: 0, document: { text: 'fox', multi_modal: null }, relevance_score: 1 }],
      },
    ],
    ['cohere', '/v2/rerank', fields, { id: 'rerank-1', results: RANKS.map(scores), meta: units }],
    ['cohere', '/v2/rerank', { ...fields, top_n: 2 }, { id: 'rerank-1', results: RANKS.slice(0, 2).map(scores), meta: units }],
    ['tei', '/rerank', { query: QUERY, texts: DOCUMENTS, top_n: 1 }, RANKS.map(([index, score]) => ({ index, score }))],
    [
      'tei',
      '/rerank',
      { query: QUERY, texts: DOCUMENTS, return_text: true },
      RANKS.map(([index, score]) => ({ index, score, text: DOCUMENTS[index] })),
    ],
    ['jina', '/v1/rerank', fields, { model: 'm', usage: { total_tokens: TOKENS }, results: RANKS.map(jinas) }],
    [
      'jina',
      '/v1/rerank',
      { ...fields, documents: DOCUMENTS.map((text) => ({ text })), top_n: 3, return_documents: false },
      { model: 'm', usage: { total_tokens: TOKENS }, results: RANKS.slice(0, 3).map(scores) },
    ],
  ])('%s %s %j', async (wire, path, body, answer) => {
    for (const split of [undefined, 1]) {
      const { status, text, double } = await rerank(wire, path, body, split === undefined ? {} : { split })
      expect(JSON.parse(text)).toEqual(answer)
      expect({ status, wire: double.wire }).toEqual({ status: 200, wire })
      expect(double.requests).toEqual([{ path, headers: expect.objectContaining(KEYS), body }])
    }
  })

  it('keeps the order of the request among equals', async () => {
    const { text } = await rerank('tei', '/rerank', { query: 'a', texts: ['b', 'a', 'b', 'a'] })
    expect(JSON.parse(text).map(({ index }: { index: number }) => index)).toEqual([1, 3, 0, 2])
  })

  it('TEI tells the tokens in a header', async () => {
    const { headers } = await rerank('tei', '/rerank', { query: QUERY, texts: DOCUMENTS })
    expect(headers['x-compute-tokens']).toBe(String(TOKENS))
  })

  it.each<readonly [RerankWire, string, unknown, number, string]>([
    [
      'openai',
      '/v1/rerank',
      { documents: DOCUMENTS },
      400,
      '{"error":{"message":"query: Field required","type":"BadRequestError","param":null,"code":400}}',
    ],
    ['openai', '/v1/rerank', { query: 'a', documents: [{ text: 'a' }] }, 400, 'documents: Input should be a list of strings'],
    ['openai', '/v1/rerank', { query: 'a', documents: [] }, 400, 'documents: Input'],
    ['openai', '/v1/rerank', { query: 'a', documents: ['a', 'b', 'c'] }, 400, 'documents: Input'],
    ['openai', '/v1/rerank', { query: 'a', documents: ['a'], top_n: '1' }, 400, 'top_n: Input'],
    ['cohere', '/v2/rerank', { ...fields, return_documents: true }, 400, "parameter 'return_documents' is not a valid field"],
    ['cohere', '/v2/rerank', { query: 'a', documents: ['a'] }, 400, '{"id":"29415-1","message":"missing required field'],
    ['cohere', '/v2/rerank', { ...fields, query: '' }, 400, 'query must not be empty'],
    ['cohere', '/v2/rerank', { ...fields, documents: [{ text: 'a' }] }, 400, 'documents must be a list of strings'],
    ['cohere', '/v2/rerank', { ...fields, documents: 'a' }, 400, 'documents must be a list of strings'],
    ['cohere', '/v2/rerank', { ...fields, documents: ['a', 'b', 'c'] }, 400, 'too many documents: 3, maximum 2'],
    ['cohere', '/v2/rerank', { ...fields, documents: ['a'], top_n: 0 }, 400, 'top_n must be 1 or more'],
    ['tei', '/rerank', { query: 'a', documents: ['a'] }, 422, 'missing field `texts`'],
    ['tei', '/rerank', { texts: ['a'] }, 422, 'missing field `query`'],
    ['tei', '/rerank', { query: 'a', texts: [{ text: 'a' }] }, 422, 'missing field `texts`'],
    ['tei', '/rerank', { query: 'a', texts: [] }, 400, '{"error":"`texts` cannot be empty","error_type":"Empty"}'],
    [
      'tei',
      '/rerank',
      { query: 'a', texts: ['a', 'b', 'c'] },
      422,
      '{"error":"batch size 3 > maximum allowed batch size 2","error_type":"Validation"}',
    ],
    ['jina', '/v1/rerank', { query: 'a', documents: ['a'] }, 422, '{"detail":"model: field required"}'],
    ['jina', '/v1/rerank', { model: 'm', documents: ['a'] }, 422, '{"detail":"query: field required"}'],
    ['jina', '/v1/rerank', { model: 'm', query: 'a' }, 422, '{"detail":"documents: field required"}'],
    ['jina', '/v1/rerank', { model: 'm', query: 'a', documents: ['a', 'b', 'c'] }, 422, '{"detail":"documents: at most 2"}'],
    ['jina', '/v1/rerank', { model: 'm', query: 'a', documents: ['a'], top_n: 0 }, 422, '{"detail":"top_n: ensure'],
  ])('%s %s refuses %j', async (wire, path, body, status, message) => {
    const { status: got, text } = await rerank(wire, path, body, { maximumBatch: 2 })
    expect(text).toContain(message)
    expect(got).toBe(status)
  })

  it.each<readonly [RerankWire, string, number, string]>([
    ['openai', '/health', 200, ''],
    ['openai', '/v1/models', 200, '"id":"m"'],
    ['openai', '/other', 404, '"type":"NotFoundError"'],
    ['cohere', '/v1/models', 401, '"message":"no api key supplied"'],
    ['tei', '/health', 200, ''],
    ['tei', '/info', 200, '"max_client_batch_size":32'],
    ['tei', '/v1/models', 404, ''],
    ['jina', '/v1/models', 401, '{"detail":"Invalid API key"}'],
  ])('%s %s without a key', async (wire, path, status, text) => {
    const answer = await rerank(wire, path, undefined, { headers: {} })
    expect(answer.status).toBe(status)
    expect(answer.text).toContain(text)
  })

  it('TEI takes 32 unless told otherwise', async () => {
    expect(await rerank('tei', '/rerank', { query: 'a', texts: Array(32).fill('a') })).toMatchObject({ status: 200 })
    expect(await rerank('tei', '/rerank', { query: 'a', texts: Array(33).fill('a') })).toMatchObject({ status: 422 })
  })
})
