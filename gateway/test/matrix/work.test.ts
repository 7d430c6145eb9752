import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/lib/json.ts'
import { startEmbeddingDouble, type EmbeddingWire } from '../doubles/embedding-double.ts'
import { objectOf, objectsOf, parseObject, stringsOf, textOf } from '../doubles/reading.ts'
import { startRerankDouble, type RerankWire } from '../doubles/rerank-double.ts'
import { ask, type Asked } from '../support/ask.ts'
import { startGateway } from '../support/start-gateway.ts'
import { startedOnce } from '../support/when-over.ts'

/* Embeddings and rerank: each front before each wire format. */

interface Served {
  readonly url: string
  readonly requests: readonly { readonly body: JsonObject }[]
}

interface Column<Wire> {
  readonly type: string
  readonly wire: Wire
  /** Inputs to a call, as the servers are delivered. */
  readonly most?: number
}

async function startColumns<Wire>(columns: readonly Column<Wire>[], start: (wire: Wire) => Promise<Served>) {
  const servers = await Promise.all(columns.map(async ({ type, wire }) => ({ type, served: await start(wire) })))
  const { url } = await startGateway({
    backends: servers.map(({ type, served }) => ({
      id: type,
      type,
      url: served.url,
      apiKey: 'key',
      models: [{ name: 'm', as: `public-${type}` }],
      health: { enabled: false },
    })),
  })
  return (type: string) => {
    const served = servers.find((server) => server.type === type)?.served
    if (served === undefined) throw new Error(`There is no ${type}`)
    return { served, post: (path: string, body: object) => ask(`${url}${path}`, { body: { model: `public-${type}`, ...body } }) }
  }
}

function jsonOf({ status, text }: Asked): JsonObject {
  expect([status, status === 200 ? '' : text]).toEqual([200, ''])
  return parseObject(text) ?? {}
}

const refusalOf = ({ status, text }: Asked): unknown => [status, objectOf(parseObject(text)?.['error'])['param']]

const EMBEDDERS: readonly Column<EmbeddingWire>[] = [
  { type: 'openai', wire: 'openai', most: 2048 },
  { type: 'ollama-native', wire: 'ollama' },
  { type: 'gemini', wire: 'gemini', most: 100 },
  { type: 'cohere', wire: 'cohere', most: 96 },
  { type: 'tei', wire: 'tei', most: 32 },
  { type: 'tei-native', wire: 'tei', most: 32 },
]

describe.each(EMBEDDERS)('embeddings of $type', ({ type, wire, most = Infinity }) => {
  const column = startedOnce(async () => (await startColumns(EMBEDDERS, (one) => startEmbeddingDouble(one)))(type))
  /** Each has another length and another first letter. */
  const textsOf = (count: number): string[] =>
    Array.from({ length: count }, (_, index) => String.fromCodePoint(0x4e00 + (index % 100)).repeat(1 + (index % 7)))
  const vectorOf = (text: string, index: number): number[] => [text.length, text.codePointAt(0) ?? 0, index % most]
  // Gemini counts none; a word is a token of the doubles.
  const tokens = (count: number): number => (wire === 'gemini' ? 0 : count)

  it.each([1, 2, Number.isFinite(most) ? most : 500, (Number.isFinite(most) ? most : 500) + 5])('%i texts', async (count) => {
    const { served, post } = column()
    const before = served.requests.length
    const answer = jsonOf(await post('/v1/embeddings', { input: textsOf(count) }))
    expect(answer).toEqual({
      object: 'list',
      data: textsOf(count).map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text, index) })),
      // Where OpenAI's bytes go through, so does the upstream's own name, but for TEI's, which knows none.
      model: expect.any(String) as string,
      usage: { prompt_tokens: tokens(count), total_tokens: tokens(count) },
    })
    expect(served.requests.length - before).toBe(count > most ? 2 : 1)
  })

  it('one text, as base64 where that was asked, with fewer dimensions', async () => {
    const { post } = column()
    const answer = jsonOf(await post('/v1/embeddings', { input: 'Hi', encoding_format: 'base64', dimensions: 2 }))
    const [{ embedding } = {}] = objectsOf(answer['data'])
    const bytes = Buffer.from(textOf(embedding), 'base64')
    expect([bytes.length, bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([8, 2, 72])
  })

  it('tokens, where it reads them, or a 400', async () => {
    const { post } = column()
    const answer = await post('/v1/embeddings', { input: [[5, 6, 7], [8]] })
    if (wire === 'openai' || wire === 'tei')
      expect(objectsOf(jsonOf(answer)['data']).map(({ embedding }) => embedding)).toEqual([
        [3, 5, 0],
        [1, 8, 1],
      ])
    else expect(refusalOf(answer)).toEqual([400, expect.stringMatching(/^input(\[0\])?$/)])
  })

  it.each([2, (Number.isFinite(most) ? most : 500) + 5])('%i texts of Ollama’s clients', async (count) => {
    const { post } = column()
    const answer = jsonOf(await post('/api/embed', { input: textsOf(count) }))
    const lengths = textsOf(count).map((text, index) => vectorOf(text, index))
    expect(answer).toMatchObject({ model: wire === 'ollama' ? 'm' : `public-${type}` })
    const vectors = Array.isArray(answer['embeddings']) ? answer['embeddings'] : []
    expect(vectors).toHaveLength(count)
    // Ollama's own are passed through; all others get the length 1 that its clients rely on.
    const expected = lengths.map((vector) => (wire === 'ollama' ? vector : vector.map((value) => value / Math.hypot(...vector))))
    for (const [index, vector] of vectors.entries())
      for (const [place, value] of (vector as number[]).entries()) expect(value).toBeCloseTo(expected[index]?.[place] ?? NaN, 12)
    if (wire !== 'gemini') expect(answer['prompt_eval_count']).toBe(tokens(count))
  })

  it('one text of Ollama’s older clients', async () => {
    const { post } = column()
    expect(jsonOf(await post('/api/embeddings', { prompt: 'Hi' }))).toEqual({ embedding: [2, 72, 0] })
  })
})

const RERANKERS: readonly Column<RerankWire>[] = [
  { type: 'vllm', wire: 'openai' },
  { type: 'cohere', wire: 'cohere' },
  { type: 'tei', wire: 'tei' },
  { type: 'tei-native', wire: 'tei' },
  { type: 'jina', wire: 'jina' },
]

describe.each(RERANKERS)('rerank by $type', ({ type, wire }) => {
  const column = startedOnce(async () => (await startColumns(RERANKERS, (one) => startRerankDouble(one)))(type))
  const documents = ['a cat', 'the red dog', { text: 'a red cat' }, 'nothing']
  const query = 'red cat'
  const ranked = [
    { index: 2, relevance_score: 2, document: { text: 'a red cat' } },
    { index: 0, relevance_score: 1, document: { text: 'a cat' } },
    { index: 1, relevance_score: 1, document: { text: 'the red dog' } },
    { index: 3, relevance_score: 0, document: { text: 'nothing' } },
  ]
  const bare = ranked.map(({ index, relevance_score }) => ({ index, relevance_score }))
  // vLLM takes objects of another form.
  const sent = wire === 'openai' ? documents.map((one) => (typeof one === 'string' ? one : one.text)) : documents

  it('all documents, best first, without their texts', async () => {
    const answer = jsonOf(await column().post('/v1/rerank', { query, documents: sent }))
    expect(answer['results']).toEqual(bare)
    // Cohere counts searches.
    expect(answer['usage']).toMatchObject({ total_tokens: wire === 'cohere' ? 0 : 17 })
  })

  it.each([1, 2, 4, 9])('the best %i, with their texts', async (top) => {
    const answer = jsonOf(await column().post('/v1/rerank', { query, documents: sent, top_n: top, return_documents: true }))
    expect(answer['results']).toEqual(ranked.slice(0, top))
  })

  it('the names of the fields are the backend’s own', async () => {
    const { served, post } = column()
    await post('/v1/rerank', { query, documents: sent, top_n: 2, return_documents: true })
    const { body } = served.requests.at(-1) ?? { body: {} }
    expect(body['query']).toBe(query)
    expect(stringsOf(wire === 'tei' ? body['texts'] : body['documents']).length).toBeGreaterThan(2)
    if (wire !== 'tei') expect(body).toMatchObject({ model: 'm', top_n: 2 })
  })
})
