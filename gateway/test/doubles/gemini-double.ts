import type { JsonObject } from '../../src/lib/json.ts'
import { checkGemini, understandGemini } from './gemini-request.ts'
import { Refused } from './refused.ts'
import { piecesOf } from './render.ts'
import { jsonAnswer, textAnswer, type Answer, type Asked } from './serve.ts'
import type { ChatAsked, Message, Wire } from './wire.ts'

const SIGNATURE = 'EpEgCo4gAdouble=='
const JSON_TYPE = { 'content-type': 'application/json; charset=UTF-8' }

const CHAT = /^\/v1beta\/models\/[^/:]+:(generateContent|streamGenerateContent)$/

/** Gemini's generateContent. Streams are SSE with CRLF and no `[DONE]`, or one JSON array where `alt=sse` was not asked for. */
export const gemini: Wire = {
  isChat: (path) => CHAT.test(path),
  admit: admitGemini,
  side: geminiSide,
  notFound: (asked) => geminiError(asked, { status: 404, message: `Not found: ${asked.path}` }),
  check: (asked, lenient) => checkGemini(asked.body, lenient),
  refusal: geminiRefusal,
  wantsStream: isStream,
  headers: (asked, streamed) => (streamed && isSse(asked) ? { 'content-type': 'text/event-stream' } : JSON_TYPE),
  whole: (asked, message) => `${JSON.stringify(wholeOf(asked, message), null, 2)}\n`,
  events: eventsOf,
  begun: (asked, text) => {
    const message: Message = { kind: 'message', text, stop: 'end', usage: { input: 1, output: 1 } }
    return piecesOf(text).map((piece) =>
      responseOf(asked, message, { candidate: { content: contentOf([{ text: piece }]), index: 0 }, share: 0 }),
    )
  },
  failed: (_asked, message) => ({ error: { code: 503, message, status: 'UNAVAILABLE' } }),
  frames: (asked, events, ending) => {
    if (isSse(asked)) return events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`)
    const items = events.map((event, index) => `${index === 0 ? '[' : ',\r\n'}${JSON.stringify(event, null, 2)}`)
    return ending === 'cut' ? items : [...items, ']']
  },
  error: geminiError,
  understand: understandGemini,
}

/** A key that is not there is answered like a wrong one: with 400. */
export function admitGemini({ headers, query }: Asked): void {
  const key = headers['x-goog-api-key'] ?? query.get('key') ?? ''
  if (key === '') throw new Refused('API key not valid. Please pass a valid API key.', { code: 'API_KEY_INVALID' })
}

export function geminiRefusal(asked: Asked, { status, message, code }: Refused): Answer {
  const details = code === null ? [] : [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code, domain: 'googleapis.com' }]
  return geminiError(asked, { status, message }, details)
}

const STATUSES: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  529: 'UNAVAILABLE',
}

/** When to come back is said in the body, as a duration with a fraction; there is no header for it. */
function geminiError(asked: Asked, error: Parameters<Wire['error']>[1], details: readonly JsonObject[] = []): Answer {
  const { status, message, retryAfterSeconds: seconds } = error
  const retry = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${(seconds ?? 0).toFixed(1)}s` }
  const all = seconds === undefined ? details : [...details, retry]
  const body = {
    error: { code: status, message, status: STATUSES[status] ?? 'INVALID_ARGUMENT', ...(all.length === 0 ? {} : { details: all }) },
  }
  const shown = isStream(asked) && !isSse(asked) ? [body] : body
  return textAnswer(`${JSON.stringify(shown, null, 2)}\n`, { status, headers: JSON_TYPE })
}

const MODEL = {
  name: 'models/m',
  displayName: 'M',
  inputTokenLimit: 1_048_576,
  outputTokenLimit: 65_536,
  supportedGenerationMethods: ['generateContent', 'countTokens', 'batchEmbedContents', 'embedContent'],
}

export function geminiSide({ method, path, body }: Asked): Answer | undefined {
  if (method === 'GET' && path === '/v1beta/models') return jsonAnswer({ models: [MODEL] }, { headers: JSON_TYPE })
  if (method === 'GET' && path === '/v1beta/models/m') return jsonAnswer(MODEL, { headers: JSON_TYPE })
  if (method !== 'POST' || !/^\/v1beta\/models\/[^/:]+:countTokens$/.test(path)) return undefined
  // A word is a token here.
  const words = understandGemini(path, body ?? {}).turns.flatMap(({ text }) => text.match(/\S+/g) ?? [])
  return jsonAnswer({ totalTokens: words.length }, { headers: JSON_TYPE })
}

function isStream({ path }: Asked): boolean {
  return path.endsWith(':streamGenerateContent')
}

function isSse({ query }: Asked): boolean {
  return query.get('alt') === 'sse'
}

const contentOf = (parts: readonly JsonObject[]): JsonObject => ({ parts, role: 'model' })

/** Without an id, and without `args` when there are none. The first call of an answer has the signature. */
const callParts = ({ toolCalls }: Message): JsonObject[] =>
  (toolCalls ?? []).map(({ name, arguments: args }, index) => ({
    functionCall: { name, ...(Object.keys(args).length === 0 ? {} : { args }) },
    ...(index === 0 ? { thoughtSignature: SIGNATURE } : {}),
  }))

const FINISH = { end: 'STOP', length: 'MAX_TOKENS', tools: 'STOP', 'stop-sequence': 'STOP', refusal: 'SAFETY' } as const

const isSilent = ({ text, toolCalls }: Message): boolean => text === undefined && (toolCalls ?? []).length === 0

/** Nothing was said before the refusal: it is the prompt that was blocked, and there is no candidate. */
const isBlocked = (message: Message): boolean => message.stop === 'refusal' && isSilent(message) && message.reasoning === undefined

interface Shown {
  readonly candidate: JsonObject | undefined
  /** How much of the output there is so far, from 0 to 1. */
  readonly share: number
}

function responseOf({ ordinal, path }: ChatAsked, message: Message, { candidate, share }: Shown): JsonObject {
  const { input, output, cached, reasoning = 0 } = message.usage
  const said = Math.floor((output - reasoning) * share)
  return {
    ...(candidate === undefined ? { promptFeedback: { blockReason: 'SAFETY' } } : { candidates: [candidate] }),
    usageMetadata: {
      promptTokenCount: input,
      ...(said === 0 ? {} : { candidatesTokenCount: said }),
      totalTokenCount: input + said + reasoning,
      ...(cached === undefined ? {} : { cachedContentTokenCount: cached }),
      ...(reasoning === 0 ? {} : { thoughtsTokenCount: reasoning }),
    },
    modelVersion: understandGemini(path, {}).model,
    responseId: `response-${ordinal}`,
  }
}

function wholeOf(asked: ChatAsked, message: Message): JsonObject {
  if (isBlocked(message)) return responseOf(asked, message, { candidate: undefined, share: 1 })
  const thoughts = message.reasoning === undefined ? [] : [{ text: message.reasoning, thought: true }]
  const texts = message.text === undefined ? [] : [{ text: message.text }]
  // The limit came while the model was thinking: content without parts.
  const content =
    isSilent(message) && message.stop === 'length' && thoughts.length === 0
      ? { role: 'model' }
      : contentOf([...thoughts, ...texts, ...callParts(message)])
  return responseOf(asked, message, { candidate: { content, finishReason: FINISH[message.stop], index: 0 }, share: 1 })
}

function eventsOf(asked: ChatAsked, message: Message): JsonObject[] {
  if (isBlocked(message)) return [responseOf(asked, message, { candidate: undefined, share: 1 })]
  const calls = callParts(message)
  const groups = [
    ...piecesOf(message.reasoning ?? '').map((text) => [{ text, thought: true }]),
    ...piecesOf(message.text ?? '').map((text) => [{ text }]),
    ...(calls.length === 0 ? [] : [calls]),
  ]
  // The usage grows from frame to frame; only the last one is right.
  const frames = groups.map((parts, index) =>
    responseOf(asked, message, { candidate: { content: contentOf(parts), index: 0 }, share: index / groups.length }),
  )
  const signed = message.reasoning !== undefined && calls.length === 0
  const empty = { text: '', ...(signed ? { thoughtSignature: SIGNATURE } : {}) }
  const content = message.stop === 'length' && isSilent(message) ? { role: 'model' } : contentOf([empty])
  return [...frames, responseOf(asked, message, { candidate: { content, finishReason: FINISH[message.stop], index: 0 }, share: 1 })]
}
