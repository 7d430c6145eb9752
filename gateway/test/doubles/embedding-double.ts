import type { JsonObject } from '../../src/lib/json.ts'
import { admitCohere, cohereRefusal, cohereSide } from './cohere-double.ts'
import { admitGemini, geminiRefusal, geminiSide } from './gemini-double.ts'
import { admitOllama, ollamaNotFound, ollamaRefusal, ollamaSide } from './ollama-double.ts'
import { admitOpenai, modelsOf, openaiRefusal } from './openai-double.ts'
import { objectOf, objectsOf, stringsOf, textOf } from './reading.ts'
import { Refused, demand, isOptional, isText, strangerIn } from './refused.ts'
import { jsonAnswer, type Answer, type Asked, type Served } from './serve.ts'
import { missing, oversized, teiHeaders, teiNotFound, teiRefusal, teiSide } from './tei.ts'
import { base64Of, countOf, inputsOf, listOf, vectorOf } from './vectors.ts'
import { fieldOf, startWork, textsOf, tokensOf, type WorkOptions, type WorkWire } from './work-double.ts'

export type EmbeddingWire = 'openai' | 'ollama' | 'gemini' | 'cohere' | 'tei'

export type EmbeddingDouble = Served & { readonly wire: EmbeddingWire }

/** Vectors are `[text.length, code point of its first character, position in this request]`; a word is a token. */
export async function startEmbeddingDouble(wire: EmbeddingWire, options: WorkOptions = {}): Promise<EmbeddingDouble> {
  const maximumBatch = options.maximumBatch ?? MAXIMA[wire]
  return { wire, ...(await startWork(WIRES[wire], { ...options, maximumBatch })) }
}

/** The maxima of the servers as they are delivered; Ollama has none. */
const MAXIMA: Readonly<Record<EmbeddingWire, number>> = { openai: 2048, ollama: Infinity, gemini: 100, cohere: 96, tei: 32 }

const openai: WorkWire = {
  isWork: (path) => path === '/v1/embeddings',
  admit: admitOpenai,
  side: modelsOf,
  notFound: (asked) => openaiRefusal(asked, new Refused(`Unknown request URL: ${asked.path}.`, { status: 404, code: 'unknown_url' })),
  refusal: openaiRefusal,
  work: ({ body }, maximum) => {
    const stranger = strangerIn(body, ['model', 'input', 'encoding_format', 'dimensions', 'user'])
    demand(stranger === undefined, `Unknown parameter: '${stranger}'.`, { param: stranger ?? '', code: 'unknown_parameter' })
    demand(isText(body['model']), 'you must provide a model parameter', { param: 'model' })
    const format = body['encoding_format']
    demand(format === undefined || format === 'float' || format === 'base64', "Invalid 'encoding_format'.", { param: 'encoding_format' })
    const inputs = inputsOf(body['input'])
    demand(inputs !== undefined && inputs.length > 0 && !inputs.includes(''), "'$.input' is invalid.", { param: 'input' })
    const text = `Invalid 'input': array too long. Expected an array with maximum length ${maximum}, but got an array with length ${inputs.length} instead.`
    demand(inputs.length <= maximum, text, { param: 'input', code: 'array_above_max_length' })
    return jsonAnswer(listOf(body, inputs))
  },
}

const ollama: WorkWire = {
  isWork: (path) => path === '/api/embed' || path === '/api/embeddings',
  admit: admitOllama,
  side: (asked) => ollamaSide(asked, ['embedding']),
  notFound: ollamaNotFound,
  refusal: (asked, refused) => ollamaRefusal(asked, new Refused(refused.message, { status: refused.status, bare: refused.status === 403 })),
  work: ({ path, body }, maximum) => {
    demand(isText(body['model']), 'model is required')
    // The legacy path: one prompt, no usage.
    if (path === '/api/embeddings') return jsonAnswer({ embedding: vectorOf(textOf(body['prompt']), 0) })
    const texts = textsOf(body['input'])
    demand(texts !== undefined, 'invalid input type')
    demand(texts.length <= maximum, `too many inputs: ${texts.length} of at most ${maximum}`)
    const tokens = tokensOf(texts)
    return jsonAnswer({
      model: body['model'],
      embeddings: texts.map((text, index) => vectorOf(text, index, fieldOf(body, 'dimensions'))),
      total_duration: 14_143_917,
      load_duration: 1_019_500,
      ...(tokens === 0 ? {} : { prompt_eval_count: tokens }),
    })
  },
}

const gemini: WorkWire = {
  isWork: (path) => /^\/v1beta\/models\/[^/:]+:(batchEmbedContents|embedContent)$/.test(path),
  admit: admitGemini,
  side: geminiSide,
  notFound: (asked) => geminiRefusal(asked, new Refused(`Not found: ${asked.path}`, { status: 404 })),
  refusal: geminiRefusal,
  work: ({ path, body }, maximum) => {
    const [, name = '', method] = /\/models\/([^/:]+):(\w+)$/.exec(path) ?? []
    const model = `models/${decodeURIComponent(name)}`
    if (method === 'embedContent') return jsonAnswer({ embedding: { values: valuesOf(body, model, 0) } })
    const requests = objectsOf(body['requests'])
    demand(requests.length > 0, '* BatchEmbedContentsRequest.requests: must not be empty')
    const stranger = strangerIn(body, ['requests'])
    demand(stranger === undefined, `Invalid JSON payload received. Unknown name "${stranger}": Cannot find field.`)
    demand(requests.length <= maximum, `* BatchEmbedContentsRequest.requests: at most ${maximum} requests can be in one batch`)
    for (const [index, one] of requests.entries())
      demand(one['model'] === model, `* BatchEmbedContentsRequest.requests[${index}].model: unexpected model name format`)
    // No usage at all.
    return jsonAnswer({ embeddings: requests.map((one, index) => ({ values: valuesOf(one, model, index) })) })
  },
}

function valuesOf(one: JsonObject, model: string, position: number): number[] {
  const stranger = strangerIn(one, ['model', 'content', 'taskType', 'title', 'outputDimensionality'])
  demand(stranger === undefined, `Invalid JSON payload received. Unknown name "${stranger}": Cannot find field.`)
  demand(one['model'] === undefined || one['model'] === model, '* EmbedContentRequest.model: unexpected model name format')
  const parts = objectsOf(objectOf(one['content'])['parts'])
  demand(
    parts.length > 0 && parts.every(({ text }) => typeof text === 'string'),
    '* EmbedContentRequest.content: contents is not specified',
  )
  return vectorOf(parts.map(({ text }) => textOf(text)).join(''), position, fieldOf(one, 'outputDimensionality'))
}

const INPUT_TYPES = new Set(['search_document', 'search_query', 'classification', 'clustering', 'image'])
const COHERE_FIELDS = ['model', 'texts', 'images', 'inputs', 'input_type', 'embedding_types', 'output_dimension', 'truncate', 'max_tokens']

const cohere: WorkWire = {
  isWork: (path) => path === '/v2/embed',
  admit: admitCohere,
  side: cohereSide,
  notFound: (asked) => cohereRefusal(asked, new Refused(`no route for ${asked.path}`, { status: 404 })),
  refusal: cohereRefusal,
  work: ({ ordinal, body }, maximum) => {
    const stranger = strangerIn(body, COHERE_FIELDS)
    demand(stranger === undefined, `unknown field: parameter '${stranger}' is not a valid field`)
    demand(isText(body['model']), "missing required field: parameter 'model' is required")
    demand(INPUT_TYPES.has(textOf(body['input_type'])), 'invalid request: valid input_type must be provided with the provided model')
    const texts = textsOf(body['texts'])
    demand(Array.isArray(body['texts']) && texts !== undefined && texts.length > 0, 'invalid request: texts must be a list of strings')
    demand(texts.length <= maximum, `invalid request: total number of texts must be at most ${maximum} - received ${texts.length}`)
    const types = body['embedding_types'] === undefined ? ['float'] : stringsOf(body['embedding_types'])
    demand(types.length > 0 && types.every((type) => type === 'float' || type === 'base64'), 'invalid request: unknown embedding_types')
    const vectors = texts.map((text, index) => vectorOf(text, index, fieldOf(body, 'output_dimension')))
    const embeddings = Object.fromEntries(types.map((type) => [type, type === 'base64' ? vectors.map(base64Of) : vectors]))
    return jsonAnswer({
      id: `embed-${ordinal}`,
      embeddings,
      texts,
      meta: { api_version: { version: '2' }, billed_units: { input_tokens: tokensOf(texts) } },
    })
  },
}

const tei: WorkWire = {
  isWork: (path) => path === '/embed' || isCompatible(path),
  admit: () => {},
  side: (asked, maximumBatch) => teiSide(asked, { model_type: { embedding: { pooling: 'cls' } }, maximumBatch }),
  notFound: teiNotFound,
  refusal: teiRefusal,
  work: ({ path, body }, maximum): Answer => {
    const field = isCompatible(path) ? 'input' : 'inputs'
    demand(body[field] !== undefined, missing(field), { status: 422, bare: true })
    demand(isOptional(body['truncate'], 'boolean'), missing('truncate'), { status: 422, bare: true })
    const inputs = inputsOf(body[field])
    demand(inputs !== undefined, missing(field), { status: 422, bare: true })
    demand(inputs.length > 0, `\`${field}\` cannot be empty`, { status: 400 })
    demand(inputs.length <= maximum, oversized(inputs.length, maximum), { status: 422 })
    const headers = teiHeaders(inputs.map(String), countOf(inputs))
    if (isCompatible(path)) return jsonAnswer({ ...listOf(body, inputs), model: 'm' }, { headers })
    return jsonAnswer(
      inputs.map((input, index) => vectorOf(input, index, fieldOf(body, 'dimensions'))),
      { headers },
    )
  },
}

function isCompatible(path: Asked['path']): boolean {
  return path === '/v1/embeddings' || path === '/embeddings'
}

const WIRES: Readonly<Record<EmbeddingWire, WorkWire>> = { openai, ollama, gemini, cohere, tei }
