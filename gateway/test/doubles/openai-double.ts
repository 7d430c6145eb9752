import type { JsonObject } from '../../src/lib/json.ts'
import { checkOpenai, understandOpenai } from './openai-request.ts'
import { objectOf } from './reading.ts'
import { Refused } from './refused.ts'
import { bearerOf, piecesOf, retryHeader } from './render.ts'
import { jsonAnswer, type Answer, type Asked } from './serve.ts'
import type { ChatAsked, Message, Wire } from './wire.ts'

const CREATED = 1_787_300_000

export const MODEL_LIST = { object: 'list', data: [{ id: 'm', object: 'model', created: CREATED, owned_by: 'double' }] }

/**
 * OpenAI's chat completions. One liberty: OpenAI hides the reasoning; here it goes as `reasoning_content`, as DeepSeek,
 * SGLang, llama.cpp and others of this wire show it.
 */
export const openai: Wire = {
  isChat: (path) => path === '/v1/chat/completions',
  admit: admitOpenai,
  side: (asked) => modelsOf(asked),
  notFound: (asked) =>
    openaiRefusal(asked, new Refused(`Unknown request URL: ${asked.method} ${asked.path}.`, { status: 404, code: 'unknown_url' })),
  check: (asked, lenient) => checkOpenai(asked.body, lenient),
  refusal: openaiRefusal,
  wantsStream: ({ body }) => body['stream'] === true,
  headers: (asked, streamed) => ({
    ...headersOf(asked),
    'content-type': streamed ? 'text/event-stream; charset=utf-8' : 'application/json',
  }),
  whole: (asked, message) => JSON.stringify(completionOf(asked, message)),
  events: (asked, message) => {
    const chunks = [...openingOf(asked, message), ...deltasOf(message).map((delta) => choice(delta)), choice({}, finishOf(asked, message))]
    return chunksOf(asked, chunks, usageOf(message))
  },
  begun: (asked, text) => chunksOf(asked, [...openingOf(asked, { text }), ...piecesOf(text).map((content) => choice({ content }))]),
  failed: (_asked, message) => ({ error: { message, type: 'server_error', param: null, code: null } }),
  frames: (_asked, events, ending) => [
    ...events.map((event) => `data: ${JSON.stringify(event)}\n\n`),
    ...(ending === 'complete' ? ['data: [DONE]\n\n'] : []),
  ],
  error: (asked, { status, message, retryAfterSeconds }) =>
    jsonAnswer(
      { error: { message, type: typeOf(status), param: null, code: codeOf(status) } },
      { status, headers: { ...headersOf(asked), ...retryHeader(retryAfterSeconds) } },
    ),
  understand: understandOpenai,
}

export function admitOpenai(asked: Asked): void {
  if (bearerOf(asked.headers.authorization) !== undefined) return
  const message = "You didn't provide an API key. You need to provide it in an Authorization header using Bearer auth."
  throw new Refused(message, { status: 401 })
}

export function openaiRefusal(asked: Asked, { status, message, param, code }: Refused): Answer {
  return jsonAnswer({ error: { message, type: 'invalid_request_error', param, code } }, { status, headers: headersOf(asked) })
}

export function modelsOf(asked: Asked): Answer | undefined {
  if (asked.method !== 'GET') return undefined
  if (asked.path === '/v1/models') return jsonAnswer(MODEL_LIST)
  if (asked.path === '/v1/models/m') return jsonAnswer(MODEL_LIST.data[0])
  return undefined
}

/** OpenAI's own extras on every answer. */
const headersOf = ({ ordinal }: Asked): Answer['headers'] => ({
  'x-request-id': `req_${ordinal}`,
  'openai-version': '2020-10-01',
  'openai-processing-ms': '12',
  'x-ratelimit-limit-requests': '10000',
  'x-ratelimit-remaining-requests': '9999',
  'x-ratelimit-reset-requests': '6ms',
})

const typeOf = (status: number): string => {
  if (status === 429) return 'requests'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}

const CODES: Readonly<Record<number, string>> = { 401: 'invalid_api_key', 404: 'model_not_found', 429: 'rate_limit_exceeded' }
const codeOf = (status: number): string | null => CODES[status] ?? null

const choice = (delta: JsonObject, finish: string | null = null): JsonObject => ({ index: 0, delta, logprobs: null, finish_reason: finish })

/** The role comes alone and first; with tools and no text its content is null. */
const openingOf = (_asked: ChatAsked, message: Pick<Message, 'text' | 'toolCalls'>): readonly JsonObject[] => [
  choice({ role: 'assistant', content: message.text === undefined && message.toolCalls !== undefined ? null : '', refusal: null }),
]

function deltasOf(message: Message): JsonObject[] {
  return [
    ...piecesOf(message.reasoning ?? '').map((piece) => ({ reasoning_content: piece })),
    ...piecesOf(message.text ?? '').map((piece) => ({ content: piece })),
    ...(message.toolCalls ?? []).flatMap((call, index) => [
      { tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] },
      ...piecesOf(JSON.stringify(call.arguments)).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ]),
  ]
}

function chunksOf(asked: ChatAsked, choices: readonly JsonObject[], usage?: JsonObject): JsonObject[] {
  const options = objectOf(asked.body['stream_options'])
  const counted = options['include_usage'] === true
  const head = { id: `chatcmpl-${asked.ordinal}`, object: 'chat.completion.chunk', created: CREATED, model: asked.body['model'] }
  const padding = options['include_obfuscation'] === true ? { obfuscation: 'x7Q' } : {}
  return [
    // `usage` is there on ordinary chunks only for those who asked.
    ...choices.map((one) => ({ ...head, choices: [one], ...(counted ? { usage: null } : {}), ...padding })),
    ...(counted && usage !== undefined ? [{ ...head, choices: [], usage, ...padding }] : []),
  ]
}

function completionOf(asked: ChatAsked, message: Message): JsonObject {
  const calls = (message.toolCalls ?? []).map(({ id, name, arguments: value }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(value) },
  }))
  return {
    id: `chatcmpl-${asked.ordinal}`,
    object: 'chat.completion',
    created: CREATED,
    model: asked.body['model'],
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: message.text ?? null,
          ...(message.reasoning === undefined ? {} : { reasoning_content: message.reasoning }),
          refusal: null,
          annotations: [],
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: finishOf(asked, message),
      },
    ],
    usage: usageOf(message),
  }
}

const FINISH = { end: 'stop', length: 'length', tools: 'tool_calls', 'stop-sequence': 'stop', refusal: 'content_filter' } as const

/** Whoever names the one tool gets `stop` with its call. */
function finishOf({ body }: ChatAsked, { stop }: Message): string {
  return stop === 'tools' && objectOf(body['tool_choice'])['type'] === 'function' ? 'stop' : FINISH[stop]
}

function usageOf({ usage }: Message): JsonObject {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached ?? 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning ?? 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}
