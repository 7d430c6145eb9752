import type { JsonObject } from '../../src/lib/json.ts'
import { checkAnthropic, understandAnthropic, VERSIONS } from './anthropic-request.ts'
import { stringsOf, textOf } from './reading.ts'
import { demand, Refused } from './refused.ts'
import { bearerOf, piecesOf, retryHeader } from './render.ts'
import { jsonAnswer, type Answer, type Asked } from './serve.ts'
import type { ChatAsked, Message, Wire } from './wire.ts'

const SIGNATURE = 'EqQBCkgIDhABGAIiQDoubleSignature=='

const MODEL = { type: 'model', id: 'm', display_name: 'M', created_at: '2026-08-01T00:00:00Z' }

/** Anthropic's Messages in both API versions: named events, one block at a time, no `[DONE]`. */
export const anthropic: Wire = {
  isChat: (path) => path === '/v1/messages',
  admit: ({ headers }) => {
    const key = headers['x-api-key'] ?? bearerOf(headers.authorization)
    demand(typeof key === 'string' && key !== '', 'x-api-key header is required', { status: 401 })
    const version = headers['anthropic-version']
    demand(version !== undefined, 'anthropic-version: header is required')
    demand(VERSIONS.includes(String(version)), `anthropic-version: "${String(version)}" is not a valid version`)
  },
  side: (asked) => sideOf(asked),
  notFound: (asked) => errorOf(asked, { status: 404, message: 'Not Found' }),
  check: (asked, lenient) => checkAnthropic(asked.body, String(asked.headers['anthropic-version']), lenient),
  refusal: (asked, { status, message }) => errorOf(asked, { status, message }),
  wantsStream: ({ body }) => body['stream'] === true,
  headers: (asked, streamed) => ({
    ...headersOf(asked),
    'content-type': streamed ? 'text/event-stream; charset=utf-8' : 'application/json',
  }),
  whole: (asked, message) =>
    JSON.stringify({
      ...openMessage(asked),
      content: blocksOf(message),
      ...stopOf(asked, message),
      usage: usageOf(message, message.usage.output),
    }),
  events: (asked, message) => [
    ...withPing([start(asked, message), ...blocksOf(message).flatMap((block, index) => blockEvents(block, index))]),
    { type: 'message_delta', delta: stopOf(asked, message), usage: { output_tokens: message.usage.output } },
    { type: 'message_stop' },
  ],
  begun: (asked, text) => {
    const message: Message = { kind: 'message', text, stop: 'end', usage: { input: 1, output: 1 } }
    return withPing([start(asked, message), ...blockEvents({ type: 'text', text }, 0).slice(0, -1)])
  },
  failed: (_asked, message) => ({ type: 'error', error: { type: 'overloaded_error', message } }),
  frames: (_asked, events) => events.map((event) => `event: ${textOf(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`),
  error: errorOf,
  understand: understandAnthropic,
}

const headersOf = ({ ordinal }: Asked): Answer['headers'] => ({
  'request-id': `req_${ordinal}`,
  'anthropic-ratelimit-requests-limit': '1000',
  'anthropic-ratelimit-requests-remaining': '999',
  'anthropic-ratelimit-requests-reset': '2026-08-21T10:00:01Z',
})

const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  503: 'timeout_error',
  529: 'overloaded_error',
}

function errorOf(asked: Asked, { status, message, retryAfterSeconds }: Parameters<Wire['error']>[1]): Answer {
  const error = { type: TYPES[status] ?? 'invalid_request_error', message }
  const headers = { ...headersOf(asked), ...retryHeader(retryAfterSeconds) }
  return jsonAnswer({ type: 'error', error, request_id: `req_${asked.ordinal}` }, { status, headers })
}

function sideOf(asked: Asked): Answer | undefined {
  if (asked.method === 'GET' && asked.path === '/v1/models')
    return jsonAnswer({ data: [MODEL], has_more: false, first_id: 'm', last_id: 'm' }, { headers: headersOf(asked) })
  if (asked.method === 'GET' && asked.path === '/v1/models/m') return jsonAnswer(MODEL, { headers: headersOf(asked) })
  if (asked.method !== 'POST' || asked.path !== '/v1/messages/count_tokens') return undefined
  if (asked.body === undefined) throw new Refused('The body of the request is not a JSON object')
  demand(asked.body['max_tokens'] === undefined, 'max_tokens: Extra inputs are not permitted')
  // What it counts is checked like a message; a word is a token here.
  checkAnthropic({ ...asked.body, max_tokens: 100_000 }, String(asked.headers['anthropic-version']), false)
  const { system, turns } = understandAnthropic(asked.path, asked.body)
  const words = [system ?? '', ...turns.map(({ text }) => text)].join(' ').match(/\S+/g) ?? []
  return jsonAnswer({ input_tokens: words.length }, { headers: headersOf(asked) })
}

const openMessage = ({ body, ordinal }: ChatAsked): JsonObject => ({
  id: `msg_${ordinal}`,
  type: 'message',
  role: 'assistant',
  model: body['model'],
})

/** The output is 1 so far, and the input is told here only. */
const start = (asked: ChatAsked, message: Message): JsonObject => ({
  type: 'message_start',
  message: { ...openMessage(asked), content: [], stop_reason: null, stop_sequence: null, usage: usageOf(message, 1) },
})

/** Tokens from the cache are not among `input_tokens`. */
function usageOf({ usage }: Message, output: number): JsonObject {
  return {
    input_tokens: usage.input - (usage.cached ?? 0),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cached ?? 0,
    output_tokens: output,
    service_tier: 'standard',
  }
}

const STOP_REASONS = {
  end: 'end_turn',
  length: 'max_tokens',
  tools: 'tool_use',
  'stop-sequence': 'stop_sequence',
  refusal: 'refusal',
} as const

function stopOf({ body }: ChatAsked, { stop }: Message): JsonObject {
  const sequence = stop === 'stop-sequence' ? (stringsOf(body['stop_sequences'])[0] ?? null) : null
  return { stop_reason: STOP_REASONS[stop], stop_sequence: sequence }
}

function blocksOf(message: Message): JsonObject[] {
  return [
    ...(message.reasoning === undefined ? [] : [{ type: 'thinking', thinking: message.reasoning, signature: SIGNATURE }]),
    ...(message.text === undefined ? [] : [{ type: 'text', text: message.text }]),
    ...(message.toolCalls ?? []).map(({ id, name, arguments: input }) => ({ type: 'tool_use', id, name, input })),
  ]
}

function blockEvents(block: JsonObject, index: number): JsonObject[] {
  const { empty, deltas } = streamed(block)
  return [
    { type: 'content_block_start', index, content_block: { ...block, ...empty } },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ]
}

/** How a block starts, and what is added to it. */
function streamed(block: JsonObject): { empty: JsonObject; deltas: readonly JsonObject[] } {
  if (block['type'] === 'thinking') {
    const thoughts = piecesOf(textOf(block['thinking'])).map((thinking) => ({ type: 'thinking_delta', thinking }))
    return { empty: { thinking: '', signature: '' }, deltas: [...thoughts, { type: 'signature_delta', signature: block['signature'] }] }
  }
  if (block['type'] === 'text')
    return { empty: { text: '' }, deltas: piecesOf(textOf(block['text'])).map((text) => ({ type: 'text_delta', text })) }
  const json = JSON.stringify(block['input'])
  // A call without arguments has no delta at all; any other begins with an empty one.
  const pieces = json === '{}' ? [] : ['', ...piecesOf(json)]
  return { empty: { input: {} }, deltas: pieces.map((piece) => ({ type: 'input_json_delta', partial_json: piece })) }
}

/** Within the first block, where nobody should mind it. */
const withPing = (events: readonly JsonObject[]): JsonObject[] => [...events.slice(0, 2), { type: 'ping' }, ...events.slice(2)]
