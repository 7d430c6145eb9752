import { describe, expect, it } from 'vitest'
import { startEmbeddingDouble, type EmbeddingWire } from './embedding-double.ts'
import { exchange } from './exchange.ts'

const KEYS = { authorization: 'Bearer key', 'x-goog-api-key': 'key' }
const TEXTS = ['Hi there', '🌍', '']
/** Length in UTF-16 units, first code point, position. */
const VECTORS = [
  [8, 72, 0],
  [2, 0x1f30d, 1],
  [0, 0, 2],
]

interface Options {
  readonly maximumBatch?: number
  readonly split?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
}

async function embed(wire: EmbeddingWire, path: string, body: unknown, { headers = KEYS, method, ...options }: Options = {}) {
  const double = await startEmbeddingDouble(wire, options)
  return { double, ...(await exchange(double.url + path, { body, headers, ...(method === undefined ? {} : { method }) })) }
}

const item = (embedding: unknown, index: number) => ({ object: 'embedding', index, embedding })
const floats = (...numbers: number[]): string => Buffer.from(new Float32Array(numbers).buffer).toString('base64')
const list = (data: unknown[], tokens: number) => ({
  object: 'list',
  data,
  model: 'm',
  usage: { prompt_tokens: tokens, total_tokens: tokens },
})
const parts = (text: string) => ({ parts: [{ text }] })
const request = (text: string, more: object = {}) => ({ model: 'models/m', content: parts(text), ...more })
const search = { model: 'm', input_type: 'search_document' }
const cohereMeta = (tokens: number) => ({ meta: { api_version: { version: '2' }, billed_units: { input_tokens: tokens } } })
const durations = { total_duration: 14_143_917, load_duration: 1_019_500 }

describe('embeddings', () => {
  it.each<readonly [EmbeddingWire, string, unknown, unknown]>([
    ['openai', '/v1/embeddings', { model: 'm', input: ['Hi there', '🌍'] }, list(VECTORS.slice(0, 2).map(item), 2)],
    ['openai', '/v1/embeddings', { model: 'm', input: 'Hi', encoding_format: 'base64' }, list([item(floats(2, 72, 0), 0)], 1)],
    ['openai', '/v1/embeddings', { model: 'm', input: [[5, 6], [7]], dimensions: 2 }, list([item([2, 5], 0), item([1, 7], 1)], 3)],
    ['openai', '/v1/embeddings', { model: 'm', input: [5, 6] }, list([item([2, 5, 0], 0)], 2)],
    ['ollama', '/api/embed', { model: 'm', input: TEXTS }, { model: 'm', embeddings: VECTORS, ...durations, prompt_eval_count: 2 }],
    ['ollama', '/api/embed', { model: 'm', input: '', dimensions: 1 }, { model: 'm', embeddings: [[0]], ...durations }],
    ['ollama', '/api/embeddings', { model: 'm', prompt: 'Hi' }, { embedding: [2, 72, 0] }],
    [
      'gemini',
      '/v1beta/models/m:batchEmbedContents',
      { requests: TEXTS.map((text) => request(text)) },
      { embeddings: VECTORS.map((values) => ({ values })) },
    ],
    ['gemini', '/v1beta/models/m:embedContent', { content: parts('Hi'), outputDimensionality: 1 }, { embedding: { values: [2] } }],
    ['cohere', '/v2/embed', { ...search, texts: TEXTS }, { id: 'embed-1', embeddings: { float: VECTORS }, texts: TEXTS, ...cohereMeta(2) }],
    [
      'cohere',
      '/v2/embed',
      { ...search, texts: ['Hi'], embedding_types: ['base64', 'float'], output_dimension: 2 },
      { id: 'embed-1', embeddings: { base64: [floats(2, 72)], float: [[2, 72]] }, texts: ['Hi'], ...cohereMeta(1) },
    ],
    ['tei', '/embed', { inputs: TEXTS, truncate: true }, VECTORS],
    ['tei', '/embed', { inputs: 'Hi', dimensions: 1 }, [[2]]],
    ['tei', '/v1/embeddings', { input: ['Hi'], model: 'x' }, list([item([2, 72, 0], 0)], 1)],
    ['tei', '/embeddings', { input: 'Hi', encoding_format: 'base64' }, list([item(floats(2, 72, 0), 0)], 1)],
  ])('%s %s %j', async (wire, path, body, answer) => {
    for (const split of [undefined, 1]) {
      const { status, text, double, chunks } = await embed(wire, path, body, split === undefined ? {} : { split })
      expect(JSON.parse(text)).toEqual(answer)
      expect({ status, wire: double.wire }).toEqual({ status: 200, wire })
      expect(double.requests).toEqual([{ path, headers: expect.objectContaining(KEYS), body }])
      if (split === 1) expect(chunks.every(({ length }) => length === 1)).toBe(true)
    }
  })

  it('TEI tells the tokens in a header', async () => {
    const { headers } = await embed('tei', '/embed', { inputs: ['Hi there', 'you'] })
    expect(headers).toMatchObject({ 'x-compute-tokens': '3', 'x-compute-characters': '11', 'x-queue-time': '1' })
  })

  const tooLong = "Invalid 'input': array too long. Expected an array with maximum length 2, but got an array with length 3 instead."
  it.each<readonly [EmbeddingWire, string, (texts: readonly string[]) => unknown, number, unknown]>([
    [
      'openai',
      '/v1/embeddings',
      (input) => ({ model: 'm', input }),
      400,
      { error: { message: tooLong, type: 'invalid_request_error', param: 'input', code: 'array_above_max_length' } },
    ],
    ['ollama', '/api/embed', (input) => ({ model: 'm', input }), 400, { error: 'too many inputs: 3 of at most 2' }],
    [
      'gemini',
      '/v1beta/models/m:batchEmbedContents',
      (texts) => ({ requests: texts.map((text) => request(text)) }),
      400,
      {
        error: {
          code: 400,
          message: '* BatchEmbedContentsRequest.requests: at most 2 requests can be in one batch',
          status: 'INVALID_ARGUMENT',
        },
      },
    ],
    [
      'cohere',
      '/v2/embed',
      (texts) => ({ ...search, texts }),
      400,
      { id: '29415-1', message: 'invalid request: total number of texts must be at most 2 - received 3' },
    ],
    ['tei', '/embed', (inputs) => ({ inputs }), 422, { error: 'batch size 3 > maximum allowed batch size 2', error_type: 'Validation' }],
    [
      'tei',
      '/v1/embeddings',
      (input) => ({ input }),
      422,
      { message: 'batch size 3 > maximum allowed batch size 2', code: 422, type: 'Validation' },
    ],
  ])('%s %s has a maximum', async (wire, path, bodyOf, status, answer) => {
    expect(await embed(wire, path, bodyOf(['a', 'b']), { maximumBatch: 2 })).toMatchObject({ status: 200 })
    const over = await embed(wire, path, bodyOf(['a', 'b', 'c']), { maximumBatch: 2 })
    expect(over.status).toBe(status)
    expect(JSON.parse(over.text)).toEqual(answer)
  })

  it.each<readonly [EmbeddingWire, string, number, (texts: readonly string[]) => unknown]>([
    ['openai', '/v1/embeddings', 2048, (input) => ({ model: 'm', input })],
    ['gemini', '/v1beta/models/m:batchEmbedContents', 100, (texts) => ({ requests: texts.map((text) => request(text)) })],
    ['cohere', '/v2/embed', 96, (texts) => ({ ...search, texts })],
    ['tei', '/embed', 32, (inputs) => ({ inputs })],
  ])('%s %s takes %d unless told otherwise', async (wire, path, maximum, bodyOf) => {
    expect((await embed(wire, path, bodyOf(Array(maximum).fill('a')))).status).toBe(200)
    expect((await embed(wire, path, bodyOf(Array(maximum + 1).fill('a')))).status).toBeGreaterThanOrEqual(400)
  })

  it.each<readonly [EmbeddingWire, string, unknown, number, string]>([
    ['openai', '/v1/embeddings', { model: 'm', input: 'a', truncate: true }, 400, '"code":"unknown_parameter"'],
    ['openai', '/v1/embeddings', { input: 'a' }, 400, '"param":"model"'],
    ['openai', '/v1/embeddings', { model: 'm', input: ['a', ''] }, 400, '"param":"input"'],
    ['openai', '/v1/embeddings', { model: 'm', input: [] }, 400, '"param":"input"'],
    ['openai', '/v1/embeddings', { model: 'm', input: 'a', encoding_format: 'int8' }, 400, '"param":"encoding_format"'],
    ['ollama', '/api/embed', { model: 'm', input: [[1, 2]] }, 400, '{"error":"invalid input type"}'],
    ['ollama', '/api/embed', { input: 'a' }, 400, '{"error":"model is required"}'],
    ['ollama', '/api/embed', '[]', 400, '{"error":"The body of the request is not a JSON object"}'],
    ['gemini', '/v1beta/models/m:batchEmbedContents', { requests: [] }, 400, 'must not be empty'],
    ['gemini', '/v1beta/models/m:batchEmbedContents', { requests: [request('a')], model: 'm' }, 400, 'Unknown name \\"model\\"'],
    [
      'gemini',
      '/v1beta/models/m:batchEmbedContents',
      { requests: [request('a', { dimensions: 2 })] },
      400,
      'Unknown name \\"dimensions\\"',
    ],
    ['gemini', '/v1beta/models/m:batchEmbedContents', { requests: [request('a', { model: 'm' })] }, 400, 'unexpected model name format'],
    ['gemini', '/v1beta/models/m:batchEmbedContents', { requests: [{ content: parts('a') }] }, 400, 'unexpected model name format'],
    ['gemini', '/v1beta/models/m:embedContent', { model: 'models/x', content: parts('a') }, 400, 'unexpected model name format'],
    ['gemini', '/v1beta/models/m:embedContent', { content: 'a' }, 400, 'contents is not specified'],
    ['cohere', '/v2/embed', { ...search, texts: ['a'], input: 'a' }, 400, "parameter 'input' is not a valid field"],
    ['cohere', '/v2/embed', { input_type: 'search_query', texts: ['a'] }, 400, "parameter 'model' is required"],
    ['cohere', '/v2/embed', { model: 'm', texts: ['a'] }, 400, 'valid input_type must be provided'],
    ['cohere', '/v2/embed', { ...search, texts: 'a' }, 400, 'texts must be a list'],
    ['cohere', '/v2/embed', { ...search, texts: [] }, 400, 'texts must be a list'],
    ['cohere', '/v2/embed', { ...search, texts: ['a'], embedding_types: ['double'] }, 400, 'unknown embedding_types'],
    ['tei', '/embed', { input: 'a' }, 422, 'Failed to deserialize the JSON body into the target type: missing field `inputs`'],
    ['tei', '/embed', { inputs: [1, 'a'] }, 422, 'missing field `inputs`'],
    ['tei', '/embed', { inputs: [] }, 400, '{"error":"`inputs` cannot be empty","error_type":"Empty"}'],
    ['tei', '/v1/embeddings', { input: [] }, 400, '{"message":"`input` cannot be empty","code":400,"type":"Empty"}'],
    ['tei', '/embed', '{', 400, 'The body of the request is not a JSON object'],
  ])('%s %s refuses %j', async (wire, path, body, status, message) => {
    const { status: got, text } = await embed(wire, path, body)
    expect(got).toBe(status)
    expect(text).toContain(message)
  })

  it.each<readonly [EmbeddingWire, number]>([
    ['openai', 401],
    ['ollama', 200],
    ['gemini', 400],
    ['cohere', 401],
    ['tei', 404],
  ])('%s without a key answers %d to its list of models', async (wire, status) => {
    const paths = { openai: '/v1/models', ollama: '/api/tags', gemini: '/v1beta/models', cohere: '/v1/models', tei: '/v1/models' }
    const { status: got, double } = await embed(wire, paths[wire], undefined, { headers: {} })
    expect(got).toBe(status)
    expect(await exchange(double.url + paths[wire], { headers: KEYS })).toMatchObject({ status: wire === 'tei' ? 404 : 200 })
  })

  it('TEI has health and info, with its maximum', async () => {
    expect(await embed('tei', '/health', undefined)).toMatchObject({ status: 200, text: '' })
    const { text } = await embed('tei', '/info', undefined, { maximumBatch: 8 })
    expect(JSON.parse(text)).toMatchObject({ model_id: 'm', model_type: { embedding: { pooling: 'cls' } }, max_client_batch_size: 8 })
  })
})
