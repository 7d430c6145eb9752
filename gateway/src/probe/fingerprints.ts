import { BUILTIN_ADAPTERS } from '../adapters/registry.ts'
import { typeOfOwner } from '../adapters/owned-by.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import type { Answered } from './answer.ts'

/** One thing by which a kind of server can be told. */
export interface Mark {
  /** 3 and more: enough by itself. */
  readonly weight: number
  /** `answers /api/version`. */
  readonly says: string
  readonly shows: (path: string, answer: Answered) => boolean
}

/** A kind of server, and what only it, or it and few others, would answer. */
export interface Fingerprint {
  readonly server: string
  /** The adapters for it, the usual one first. */
  readonly types: readonly [string, ...string[]]
  /** A path that tells it from others for nothing, and the field of the answer that holds its version. */
  readonly ask?: { readonly path: string; readonly version?: string }
  readonly marks: readonly Mark[]
}

function mark(weight: number, says: string, shows: Mark['shows']): Mark {
  return { weight, says, shows }
}

/** A path's answer with status 200 has such a shape. */
function shape(weight: number, path: string, fits: (json: JsonObject) => boolean): Mark {
  return mark(weight, `answers ${path}`, (asked, { status, json }) => asked === path && status === 200 && isObject(json) && fits(json))
}

/** An error has such a shape, wherever it was asked for. */
function error(weight: number, says: string, fits: (json: JsonObject, status: number) => boolean): Mark {
  return mark(weight, says, (_, { status, json }) => isObject(json) && fits(json, status))
}

/** A model list in which every entry fits. */
function list(weight: number, says: string, fits: (entry: JsonObject) => boolean): Mark {
  return mark(weight, says, (_, { status, json }) => {
    const entries = entriesOf(json)
    return status === 200 && entries.length > 0 && entries.every(fits)
  })
}

function entriesOf(json: unknown): readonly JsonObject[] {
  const found = Array.isArray(json) ? json : isObject(json) ? (json['data'] ?? json['models']) : undefined
  return Array.isArray(found) ? found.filter(isObject) : []
}

/** Servers before others pass their `owned_by` on, so that what tells them weighs more. */
function owner(type: string): Mark {
  return list(4, 'owned_by in its model list', ({ owned_by: by }) => typeof by === 'string' && typeOfOwner(by) === type)
}

const isText = (value: unknown) => typeof value === 'string'
/** FastAPI's word for a path that it has not: said by four of these servers, so it only adds to what else is known. */
const fastApi = error(1, 'its 404 is FastAPI’s', (json, status) => status === 404 && json['detail'] === 'Not Found')
const unauthorized = error(1, 'its 401 is that of vLLM and SGLang', (json, status) => status === 401 && json['error'] === 'Unauthorized')

const LOCAL: readonly Fingerprint[] = [
  {
    server: 'JAiRouter',
    types: ['openai-compatible', 'openai'],
    marks: [
      list(5, 'its models have services', ({ services }) => Array.isArray(services)),
      error(
        5,
        'its errors are JAiRouter’s',
        ({ error: told }) =>
          isObject(told) && (told['message'] === 'There is nothing at this path' || told['message'] === 'The body is not valid JSON'),
      ),
      mark(5, 'names itself in a header', (_, { headers }) => Object.keys(headers).some((name) => name.startsWith('x-jairouter-'))),
    ],
  },
  {
    server: 'Ollama',
    types: ['ollama', 'ollama-native'],
    ask: { path: '/api/version', version: 'version' },
    marks: [owner('ollama'), shape(3, '/api/version', ({ version }) => isText(version))],
  },
  {
    server: 'vLLM',
    types: ['vllm'],
    ask: { path: '/version', version: 'version' },
    marks: [
      owner('vllm'),
      // Several servers answer /version, but this one with nothing else than a number.
      shape(2, '/version', (json) => Object.keys(json).length === 1 && /^\d/.test(String(json['version']))),
      list(2, 'its models have permissions', (entry) => Array.isArray(entry['permission']) && 'max_model_len' in entry),
      fastApi,
      unauthorized,
    ],
  },
  {
    server: 'SGLang',
    types: ['sglang'],
    ask: { path: '/get_model_info' },
    marks: [owner('sglang'), shape(4, '/get_model_info', (json) => isText(json['model_path'])), fastApi, unauthorized],
  },
  {
    server: 'GPUStack',
    types: ['gpustack'],
    ask: { path: '/version', version: 'version' },
    marks: [
      owner('gpustack'),
      shape(4, '/version', (json) => isText(json['version']) && isText(json['git_commit'])),
      // Version 0.x has its management API where the model list is expected.
      shape(4, '/v1/models', (json) => Array.isArray(json['items']) && isObject(json['pagination'])),
      error(
        3,
        'its errors are GPUStack’s',
        (json) => typeof json['code'] === 'number' && isText(json['reason']) && isText(json['message']),
      ),
    ],
  },
  {
    server: 'Xinference',
    types: ['xinference'],
    ask: { path: '/status' },
    marks: [owner('xinference'), shape(4, '/status', (json) => typeof json['uptime'] === 'number' && isObject(json['workers'])), fastApi],
  },
  {
    server: 'LocalAI',
    types: ['localai'],
    ask: { path: '/version', version: 'version' },
    marks: [
      owner('localai'),
      list(4, 'its models have no owner', (entry) => entry['object'] === 'model' && !('owned_by' in entry) && !('created' in entry)),
      error(
        4,
        'its errors are LocalAI’s',
        ({ error: told }) => isObject(told) && told['message'] === 'Resource not found' && told['type'] === '',
      ),
    ],
  },
  {
    server: 'llama.cpp',
    types: ['llamacpp'],
    ask: { path: '/props', version: 'build_info' },
    marks: [
      owner('llamacpp'),
      mark(4, 'names itself in a header', (_, { headers }) => headers['server'] === 'llama.cpp'),
      shape(4, '/props', (json) => isObject(json['default_generation_settings'])),
      error(
        4,
        'its errors are llama.cpp’s',
        ({ error: told }) => isObject(told) && told['message'] === 'File Not Found' && told['type'] === 'not_found_error',
      ),
    ],
  },
  {
    server: 'LM Studio',
    types: ['lmstudio'],
    ask: { path: '/api/v0/models' },
    marks: [
      owner('lmstudio'),
      list(4, 'answers /api/v0/models', (entry) => isText(entry['state']) && isText(entry['arch'])),
      error(
        4,
        'its errors are LM Studio’s',
        ({ error: told }) => typeof told === 'string' && told.startsWith('Unexpected endpoint or method.'),
      ),
    ],
  },
  {
    server: 'Text Embeddings Inference',
    types: ['tei', 'tei-native'],
    ask: { path: '/info', version: 'version' },
    marks: [shape(4, '/info', (json) => isText(json['model_id']) && 'max_client_batch_size' in json && isObject(json['model_type']))],
  },
  {
    server: 'Text Generation Inference',
    types: ['openai-compatible'],
    ask: { path: '/info', version: 'version' },
    marks: [shape(4, '/info', (json) => isText(json['model_id']) && String(json['router']).startsWith('text-generation-router'))],
  },
  {
    server: 'Infinity',
    types: ['infinity'],
    marks: [owner('infinity'), shape(4, '/health', ({ unix }) => typeof unix === 'number'), fastApi],
  },
]

const CLOUDS: readonly Fingerprint[] = [
  {
    server: 'OpenAI',
    types: ['openai'],
    marks: [mark(3, 'names its API’s version in a header', (_, { headers }) => headers['openai-version'] !== undefined)],
  },
  {
    server: 'Anthropic',
    types: ['anthropic'],
    marks: [list(4, 'lists its models as Anthropic does', (entry) => entry['type'] === 'model' && isText(entry['display_name']))],
  },
  {
    server: 'Google Gemini',
    types: ['gemini'],
    marks: [list(4, 'lists its models as Gemini does', (entry) => Array.isArray(entry['supportedGenerationMethods']))],
  },
  {
    server: 'Cohere',
    types: ['cohere'],
    marks: [list(4, 'lists its models as Cohere does', (entry) => isText(entry['name']) && Array.isArray(entry['endpoints']))],
  },
]

export const FINGERPRINTS: readonly Fingerprint[] = [...LOCAL, ...CLOUDS]

/** Asked in this order while nothing else has told what it is: each stands for one server, or for several. */
export const TELLING_PATHS: readonly string[] = ['/api/version', '/version', '/info', '/status']

/** Second addresses of clouds (docs/adapters.md). */
const OTHER_ADDRESSES: readonly (readonly [host: string, type: string])[] = [
  ['dashscope-intl.aliyuncs.com', 'dashscope'],
  ['api.z.ai', 'zhipu'],
  ['api.moonshot.ai', 'moonshot'],
  ['api.minimaxi.com', 'minimax'],
  ['api.siliconflow.com', 'siliconflow'],
  ['ollama.com', 'ollama'],
]

/** The adapter whose own address this is. */
export function typeAt(origin: string): string | undefined {
  const { host } = new URL(origin)
  if (/\.(?:openai\.azure|services\.ai\.azure)\.com$/.test(host)) return 'azure-openai'
  const known = [...BUILTIN_ADAPTERS.values()].find(({ url }) => url !== undefined && new URL(url).host === host)
  return known?.id ?? OTHER_ADDRESSES.find(([other]) => other === host)?.[1]
}
