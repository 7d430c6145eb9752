import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/simulator/faults/fault.ts'
import { answerJson, startScripted } from '../support/scripted-server.ts'
import { startPair, startRelayed } from '../support/start-pair.ts'

const documents = ['blue sky', 'red apple', 'a red fox and an apple', 'nothing', { text: 'apple red apple' }]
const texts = ['blue sky', 'red apple', 'a red fox and an apple', 'nothing', 'apple red apple']
const query = 'red apple'
const PATHS = ['/v1/rerank', '/rerank', '/v2/rerank']

interface Shape {
  readonly shape: string
  readonly type?: string
  readonly fault?: Fault
}
const SHAPES: readonly Shape[] = [
  { shape: 'Jina and vLLM: sorted, with documents as objects' },
  { shape: 'SGLang: a bare array with `score` and string documents', type: 'sglang', fault: { name: 'rerank-bare' } },
  { shape: 'TEI: wants `texts`, a bare array with `score`', type: 'tei', fault: { name: 'rerank-texts' } },
  { shape: 'Infinity: string documents', type: 'infinity', fault: { name: 'rerank-string-documents' } },
  { shape: 'old llama.cpp: unsorted', type: 'llamacpp', fault: { name: 'rerank-unsorted' } },
  { shape: 'Cohere: never the documents', fault: { name: 'rerank-no-documents' } },
]

async function start({ type, fault }: Shape) {
  const pair = await startPair({ ...(type === undefined ? {} : { type }), backend: { models: ['sim-rerank'], health: { enabled: false } } })
  const response = await fetch(`${pair.simulator.url}/v1/rerank`, {
    method: 'POST',
    body: JSON.stringify({ model: 'sim-rerank', query, documents }),
  })
  const { results } = (await response.json()) as { results: { index: number; relevance_score: number }[] }
  const ranking = results.map(({ index, relevance_score }) => ({ index, relevance_score }))
  pair.simulator.reset()
  if (fault !== undefined) pair.simulator.setFault('sim-rerank', fault)
  const rerank = async (extra: object, path = '/v1/rerank') => {
    const answer = await pair.post(path, JSON.stringify({ model: 'sim-rerank', query, documents, ...extra }))
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  return { ...pair, ranking, rerank }
}

describe.each(SHAPES)('rerank by a backend like $shape', (shape) => {
  it.each(PATHS)('is sorted by score, without documents, on %s', async (path) => {
    const { rerank, ranking } = await start(shape)
    const { status, body } = await rerank({ return_documents: false }, path)
    expect(status).toBe(200)
    expect(body).toMatchObject({ model: 'sim-rerank', usage: { total_tokens: expect.any(Number) } })
    expect(body['results']).toEqual(ranking)
  })

  it('gives the documents back when asked', async () => {
    const { rerank, ranking } = await start(shape)
    const { body } = await rerank({ return_documents: true })
    expect(body['results']).toEqual(ranking.map((entry) => ({ ...entry, document: { text: texts[entry.index] } })))
  })

  it.each([1, 2, 99])('cuts to top_n %i', async (count) => {
    const { rerank, ranking } = await start(shape)
    const { body } = await rerank({ top_n: count, return_documents: false })
    expect(body['results']).toEqual(ranking.slice(0, count))
  })
})

/** Wrappers and rows that no simulated server has; two documents, the second one better. */
const ODD_ANSWERS = [
  { name: '`data` with `score`', answer: { data: [{ index: 0, score: 0.1 }, { index: 1, score: 0.9 }] } }, // prettier-ignore
  {
    name: 'DashScope native',
    answer: {
      output: {
        results: [
          { index: 1, relevance_score: 0.9 },
          { index: 0, relevance_score: 0.1 },
        ],
      },
      usage: { total_tokens: 7 },
    },
  },
  {
    name: 'Together with empty documents',
    answer: {
      results: [
        { index: 1, relevance_score: 0.9, document: {} },
        { index: 0, relevance_score: 0.1, document: {} },
      ],
    },
  },
  {
    name: 'vLLM with multi_modal',
    answer: {
      results: [
        { index: 1, relevance_score: 0.9, document: { text: 'B', multi_modal: null } },
        { index: 0, relevance_score: 0.1, document: { text: 'A', multi_modal: null } },
      ],
    },
  },
  {
    name: 'SGLang with meta_info',
    answer: [
      { score: 0.9, document: 'B', index: 1, meta_info: { prompt_tokens: 3 } },
      { score: 0.1, document: 'A', index: 0, meta_info: { prompt_tokens: 4 } },
    ],
  },
]

async function startOdd(answer: unknown, options: { type?: string; headers?: Record<string, string> } = {}) {
  const backend = await startScripted((_, response) => answerJson(response, answer, options.headers))
  const relayed = await startRelayed({
    backends: [{ id: 'odd', type: options.type ?? 'openai-compatible', url: backend.url, models: ['m'], health: { enabled: false } }],
  })
  const rerank = async (extra: object = {}) => {
    const response = await relayed.post('/v1/rerank', JSON.stringify({ model: 'm', query: 'q', documents: ['A', 'B'], ...extra }))
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  return { ...relayed, backend, rerank }
}

describe('rerank answers in odd wrappers', () => {
  it.each(ODD_ANSWERS)('$name', async ({ answer }) => {
    const { rerank } = await startOdd(answer)
    expect((await rerank({ return_documents: false })).body['results']).toEqual([
      { index: 1, relevance_score: 0.9 },
      { index: 0, relevance_score: 0.1 },
    ])
    expect((await rerank({ return_documents: true })).body['results']).toEqual([
      { index: 1, relevance_score: 0.9, document: { text: 'B' } },
      { index: 0, relevance_score: 0.1, document: { text: 'A' } },
    ])
  })

  it('equal scores stand in the order of the request', async () => {
    const { rerank } = await startOdd({
      results: [
        { index: 1, relevance_score: 0.5 },
        { index: 0, relevance_score: 0.5 },
      ],
    })
    expect((await rerank()).body['results']).toMatchObject([{ index: 0 }, { index: 1 }])
  })

  it.each([
    { name: 'an index beyond the documents', answer: { results: [{ index: 2, relevance_score: 0.5 }] } },
    { name: 'a negative index', answer: { results: [{ index: -1, relevance_score: 0.5 }] } },
    { name: 'no score', answer: { results: [{ index: 0 }] } },
    { name: 'no results', answer: { message: 'hello' } },
  ])('$name is no answer', async ({ answer }) => {
    const { rerank } = await startOdd(answer)
    expect(await rerank()).toMatchObject({ status: 502, body: { error: { code: 'upstream_protocol_error' } } })
  })

  it('counts tokens from the results of SGLang', async () => {
    const { rerank } = await startOdd([
      { score: 0.9, index: 1, meta_info: { prompt_tokens: 3 } },
      { score: 0.1, index: 0, meta_info: { prompt_tokens: 4 } },
    ])
    expect((await rerank()).body['usage']).toMatchObject({ total_tokens: 7 })
  })
})

describe('rerank by TEI', () => {
  it('is asked with its own names, texts only, and without top_n', async () => {
    const { rerank, backend } = await startOdd([{ index: 0, score: 0.4, text: 'A' }], {
      type: 'tei',
      headers: { 'x-compute-tokens': '42' },
    })
    const { body } = await rerank({ documents: [{ text: 'A' }, 'B'], return_documents: true, top_n: 1, raw_scores: true })
    expect(body).toMatchObject({
      model: 'm',
      results: [{ index: 0, relevance_score: 0.4, document: { text: 'A' } }],
      usage: { total_tokens: 42 },
    })
    const [request] = backend.requests
    expect(request?.path).toBe('/rerank')
    expect(JSON.parse(String(request?.body))).toEqual({
      model: 'm',
      query: 'q',
      texts: ['A', 'B'],
      return_text: true,
      raw_scores: true,
      truncate: true,
    })
  })
})
