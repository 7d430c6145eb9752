import type { JsonObject } from '../../src/lib/json.ts'
import { checkOllama, understandOllama } from './ollama-request.ts'
import { textOf } from './reading.ts'
import { Refused } from './refused.ts'
import { piecesOf, retryHeader } from './render.ts'
import { jsonAnswer, textAnswer, type Answer, type Asked } from './serve.ts'
import type { ChatAsked, Message, Wire } from './wire.ts'

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }
const PLAIN = { 'content-type': 'text/plain' }

/**
 * Ollama's own chat: NDJSON, tool calls whole and without ids as before 0.12, counts of zero left out.
 * It ignores fields that it does not know, `tool_choice` among them.
 */
export const ollama: Wire = {
  isChat: (path) => path === '/api/chat',
  admit: admitOllama,
  side: (asked) => ollamaSide(asked),
  notFound: ollamaNotFound,
  check: (asked) => checkOllama(asked.body),
  refusal: ollamaRefusal,
  wantsStream: ({ body }) => body['stream'] !== false,
  headers: (_asked, streamed) => (streamed ? { 'content-type': 'application/x-ndjson' } : JSON_TYPE),
  whole: (asked, message) => JSON.stringify(wholeOf(asked, message)),
  events: (asked, message) => {
    if (isLoad(asked)) return [wholeOf(asked, message)]
    const parts = partsOf(message).map((part, index) => ({ ...headOf(asked, index), message: part, done: false }))
    return [...parts, { ...headOf(asked, parts.length), message: { role: 'assistant', content: '' }, ...endOf(message) }]
  },
  begun: (asked, text) =>
    piecesOf(text).map((content, index) => ({ ...headOf(asked, index), message: { role: 'assistant', content }, done: false })),
  failed: (_asked, message) => ({ error: message }),
  frames: (_asked, events) => events.map((event) => `${JSON.stringify(event)}\n`),
  error: (_asked, { status, message, retryAfterSeconds }) =>
    jsonAnswer({ error: message }, { status, headers: { ...JSON_TYPE, ...retryHeader(retryAfterSeconds) } }),
  understand: understandOllama,
}

/** Bound to loopback, Ollama answers only to names of the near network: a forwarded `Host` of the client gets an empty 403. */
export function admitOllama({ headers }: Asked): void {
  const name = (headers.host ?? '').replace(/:\d+$/, '')
  const near =
    /^(localhost|127(\.\d+){3}|10(\.\d+){3}|192\.168(\.\d+){2}|172\.(1[6-9]|2\d|3[01])(\.\d+){2}|\[::1\]|.+\.(local|internal|localhost))$/
  if (!near.test(name)) throw new Refused('', { status: 403, bare: true })
}

export function ollamaRefusal(_asked: Asked, { status, message, bare }: Refused): Answer {
  return bare ? textAnswer('', { status, headers: {} }) : jsonAnswer({ error: message }, { status, headers: JSON_TYPE })
}

const VERBS: Readonly<Record<string, string>> = {
  '/api/chat': 'POST',
  '/api/embed': 'POST',
  '/api/embeddings': 'POST',
  '/api/show': 'POST',
}
const KNOWN_GETS = new Set(['/', '/api/tags', '/api/ps', '/api/version'])

export function ollamaNotFound({ method, path }: Asked): Answer {
  const known = KNOWN_GETS.has(path) || (VERBS[path] !== undefined && VERBS[path] !== method)
  return known
    ? textAnswer('405 method not allowed', { status: 405, headers: PLAIN })
    : textAnswer('404 page not found', { status: 404, headers: PLAIN })
}

const DETAILS = {
  parent_model: '',
  format: 'gguf',
  family: 'double',
  families: ['double'],
  parameter_size: '1B',
  quantization_level: 'Q4_K_M',
}
const CAPABILITIES = ['completion', 'tools', 'thinking', 'vision']
const TAG = { name: 'm:latest', model: 'm:latest', modified_at: '2026-08-01T00:00:00Z', size: 5_225_388_164, digest: '500a1f06' }

/** The model is listed as `m:latest`, which is the same model as `m`. */
export function ollamaSide({ method, path, body }: Asked, capabilities: readonly string[] = CAPABILITIES): Answer | undefined {
  const reads = method === 'GET' || method === 'HEAD'
  if (reads && path === '/') return textAnswer('Ollama is running', { status: 200, headers: PLAIN })
  if (reads && path === '/api/version') return jsonAnswer({ version: '0.33.0' }, { headers: JSON_TYPE })
  if (reads && path === '/api/tags') return jsonAnswer({ models: [{ ...TAG, details: DETAILS, capabilities }] }, { headers: JSON_TYPE })
  if (method === 'GET' && path === '/api/ps') return jsonAnswer({ models: [] }, { headers: JSON_TYPE })
  if (method !== 'POST' || path !== '/api/show') return undefined
  if (textOf(body?.['model']).replace(/:latest$/, '') === 'm') return jsonAnswer({ details: DETAILS, capabilities }, { headers: JSON_TYPE })
  return jsonAnswer({ error: `model '${textOf(body?.['model'])}' not found` }, { status: 404, headers: JSON_TYPE })
}

const headOf = ({ body }: ChatAsked, index: number): JsonObject => ({
  model: body['model'],
  created_at: `2026-08-21T10:00:00.${String(index + 1).padStart(6, '0')}Z`,
})

function partsOf(message: Message): JsonObject[] {
  return [
    ...piecesOf(message.reasoning ?? '').map((thinking) => ({ role: 'assistant', content: '', thinking })),
    ...piecesOf(message.text ?? '').map((content) => ({ role: 'assistant', content })),
    ...callsOf(message).map((call) => ({ role: 'assistant', content: '', tool_calls: [call] })),
  ]
}

const callsOf = ({ toolCalls }: Message): JsonObject[] =>
  (toolCalls ?? []).map(({ name, arguments: value }, index) => ({ function: { index, name, arguments: value } }))

/** `stop` also after tool calls. Durations are nanoseconds. */
function endOf({ stop, usage }: Message): JsonObject {
  return {
    done: true,
    done_reason: stop === 'length' ? 'length' : 'stop',
    total_duration: 4_883_583_458,
    load_duration: 1_334_875,
    ...(usage.input === 0 ? {} : { prompt_eval_count: usage.input }),
    prompt_eval_duration: 342_546_000,
    ...(usage.output === 0 ? {} : { eval_count: usage.output }),
    eval_duration: 4_535_599_000,
  }
}

/** No messages: the model is only loaded, or unloaded with `keep_alive: 0`. */
const isLoad = ({ body }: ChatAsked): boolean => !Array.isArray(body['messages']) || body['messages'].length === 0

function wholeOf(asked: ChatAsked, message: Message): JsonObject {
  if (isLoad(asked)) {
    const reason = asked.body['keep_alive'] === 0 ? 'unload' : 'load'
    return { ...headOf(asked, 0), message: { role: 'assistant', content: '' }, done: true, done_reason: reason }
  }
  const calls = callsOf(message)
  return {
    ...headOf(asked, 0),
    message: {
      role: 'assistant',
      content: message.text ?? '',
      ...(message.reasoning === undefined ? {} : { thinking: message.reasoning }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
    ...endOf(message),
  }
}
