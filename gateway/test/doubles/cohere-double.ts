import type { JsonObject } from '../../src/lib/json.ts'
import { checkCohere, understandCohere } from './cohere-request.ts'
import { textOf } from './reading.ts'
import { Refused } from './refused.ts'
import { bearerOf, piecesOf, retryHeader } from './render.ts'
import { jsonAnswer, type Answer, type Asked } from './serve.ts'
import type { ChatAsked, Message, Wire } from './wire.ts'

/** Cohere's v2 chat: named events; a call without arguments says `"null"`, or nothing at all in a stream. */
export const cohere: Wire = {
  isChat: (path) => path === '/v2/chat',
  admit: admitCohere,
  side: cohereSide,
  notFound: (asked) => cohereRefusal(asked, new Refused(`no route for ${asked.path}`, { status: 404 })),
  check: (asked, lenient) => checkCohere(asked.body, lenient),
  refusal: cohereRefusal,
  wantsStream: ({ body }) => body['stream'] === true,
  headers: (_asked, streamed) => ({ 'content-type': streamed ? 'text/event-stream' : 'application/json' }),
  whole: (asked, message) =>
    JSON.stringify({ id: idOf(asked), message: messageOf(message), finish_reason: FINISH[message.stop], usage: usageOf(message) }),
  events: (asked, message) => [
    start(asked),
    ...eventsOf(message),
    { type: 'message-end', delta: { finish_reason: FINISH[message.stop], usage: usageOf(message) } },
  ],
  begun: (asked, text) => [start(asked), ...contentEvents({ type: 'text', text }, 0).slice(0, -1)],
  failed: (_asked, message) => ({ type: 'message-end', delta: { error: message, finish_reason: 'ERROR' } }),
  frames: (_asked, events) => events.map((event) => `event: ${textOf(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`),
  error: (asked, { status, message, retryAfterSeconds }) =>
    jsonAnswer({ id: idOf(asked), message }, { status, headers: retryHeader(retryAfterSeconds) }),
  understand: understandCohere,
}

export function admitCohere({ headers }: Asked): void {
  if (bearerOf(headers.authorization) === undefined) throw new Refused('no api key supplied', { status: 401 })
}

export function cohereRefusal(asked: Asked, { status, message }: Refused): Answer {
  return jsonAnswer({ id: idOf(asked), message }, { status })
}

const ENDPOINTS = ['chat', 'embed', 'rerank']
const MODEL = { name: 'm', endpoints: ENDPOINTS, finetuned: false, context_length: 128_000, features: ['tools', 'vision'] }

/** `?endpoint=` keeps those that have it. */
export function cohereSide({ method, path, query }: Asked): Answer | undefined {
  if (method === 'POST' && path === '/v1/check-api-key') return jsonAnswer({ valid: true })
  if (method !== 'GET' || path !== '/v1/models') return undefined
  const endpoint = query.get('endpoint')
  return jsonAnswer({ models: endpoint === null || ENDPOINTS.includes(endpoint) ? [MODEL] : [] })
}

const idOf = ({ ordinal }: Asked): string => `29415-${ordinal}`

const FINISH = { end: 'COMPLETE', length: 'MAX_TOKENS', tools: 'TOOL_CALL', 'stop-sequence': 'STOP_SEQUENCE', refusal: 'COMPLETE' } as const

/** What is billed is less than what was counted, for that has a preamble which nobody sees. */
function usageOf({ usage }: Message): JsonObject {
  return {
    billed_units: { input_tokens: Math.ceil(usage.input / 2), output_tokens: Math.ceil(usage.output / 2) },
    tokens: { input_tokens: usage.input, output_tokens: usage.output },
    ...(usage.cached === undefined ? {} : { cached_tokens: usage.cached }),
  }
}

const hasCalls = ({ toolCalls }: Message): boolean => (toolCalls ?? []).length > 0

const isEmpty = (value: JsonObject): boolean => Object.keys(value).length === 0

/** What a model thinks before it calls tools is its plan; otherwise it is content of the type `thinking`. */
function contentOf(message: Message): JsonObject[] {
  const { reasoning, text } = message
  return [
    ...(reasoning === undefined || hasCalls(message) ? [] : [{ type: 'thinking', thinking: reasoning }]),
    ...(text === undefined ? [] : [{ type: 'text', text }]),
  ]
}

function messageOf(message: Message): JsonObject {
  const content = contentOf(message)
  if (!hasCalls(message)) return { role: 'assistant', content }
  return {
    role: 'assistant',
    ...(content.length === 0 ? {} : { content }),
    ...(message.reasoning === undefined ? {} : { tool_plan: message.reasoning }),
    tool_calls: (message.toolCalls ?? []).map(({ id, name, arguments: value }) => ({
      id,
      type: 'function',
      function: { name, arguments: isEmpty(value) ? 'null' : JSON.stringify(value) },
    })),
  }
}

const start = (asked: ChatAsked): JsonObject => ({
  id: idOf(asked),
  type: 'message-start',
  delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } },
})

function eventsOf(message: Message): JsonObject[] {
  return [
    ...piecesOf(hasCalls(message) ? (message.reasoning ?? '') : '').map((piece) => ({
      type: 'tool-plan-delta',
      delta: { message: { tool_plan: piece } },
    })),
    ...contentOf(message).flatMap((content, index) => contentEvents(content, index)),
    ...(message.toolCalls ?? []).flatMap((call, index) => callEvents(call, index)),
  ]
}

function contentEvents(content: JsonObject, index: number): JsonObject[] {
  const field = textOf(content['type'])
  const event = (type: string, inner: JsonObject): JsonObject => ({ type, index, delta: { message: { content: inner } } })
  return [
    event('content-start', { type: field, [field]: '' }),
    ...piecesOf(textOf(content[field])).map((piece) => event('content-delta', { [field]: piece })),
    { type: 'content-end', index },
  ]
}

/** `tool_calls` is one object here, not a list. */
function callEvents({ id, name, arguments: value }: NonNullable<Message['toolCalls']>[number], index: number): JsonObject[] {
  const event = (type: string, call: JsonObject): JsonObject => ({ type, index, delta: { message: { tool_calls: call } } })
  const pieces = isEmpty(value) ? [] : piecesOf(JSON.stringify(value))
  return [
    event('tool-call-start', { id, type: 'function', function: { name, arguments: '' } }),
    ...pieces.map((piece) => event('tool-call-delta', { function: { arguments: piece } })),
    { type: 'tool-call-end', index },
  ]
}
