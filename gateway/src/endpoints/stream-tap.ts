import { isUtf8 } from 'node:buffer'
import { hasItems, hasValue, valueAfter } from '../lib/json-needle.ts'
import { eventOf } from '../lib/sse-event.ts'
import type { SseEvent } from '../lib/sse-reader.ts'
import { isErrorBody } from '../errors/upstream-error-body.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import { callsTools, choicesOf, isFailedReason, reasonForTools } from './finish-reasons.ts'
import { readUsage, usageOf, type Usage } from './usage.ts'
import { withoutUsage } from './without-usage.ts'

/** What to do with an event: pass it on (or these bytes in its place), keep it from the client, or stop: the stream is complete, or has failed. */
export type Verdict = 'pass' | 'hide' | 'done' | 'error' | Buffer

/** Watches a stream go by: usage, errors, and whether the end that came was a proper one. */
export interface StreamTap {
  inspect(event: SseEvent): Verdict
  /** Whether the stream may end here. */
  complete(): boolean
  usage(): Usage | undefined
  /** Bytes that the client still has to get before the closing `[DONE]`. */
  trailer(): Buffer | undefined
  /** Events that carried a piece of the answer. */
  pieces(): number
  /** The body of the error that an event carried. */
  errorBody(): Buffer | undefined
}

export const DONE_EVENT = Buffer.from('data: [DONE]\n\n')

const DONE = Buffer.from('[DONE]')
const ERROR_KEY = Buffer.from('"error"')
/** MiniMax's, which may say in the last chunk that it failed. */
const BASE_RESPONSE_KEY = Buffer.from('"base_resp"')
const CHOICES_KEY = Buffer.from('"choices"')
const TOOL_CALLS_KEY = Buffer.from('"tool_calls"')
const FINISH_KEY = Buffer.from('"finish_reason"')
const USAGE_KEY = Buffer.from('"usage"')
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const QUOTE = 0x22

export interface CompletionTapOptions {
  readonly expectedChoices: number
  readonly usageAsked: boolean
  /** Says `tool_calls` of choices that called tools where the backend says `stop`. */
  readonly toolReasons: boolean
}

/**
 * The tap for chat and completion streams. An ordinary chunk costs a few native byte searches and no JSON parse:
 * a key such as `"usage"` followed by a colon can't occur inside a JSON text, where quotes are escaped.
 */
export function createCompletionTap(options: CompletionTapOptions): StreamTap {
  const finished = new Set<unknown>()
  /** Choices that called tools; with one choice there is no need to look whose calls they are. */
  const callers = new Set<unknown>()
  let done = false
  let lastUsage: Buffer | undefined
  let usageChunkSent = false
  let errorBody: Buffer | undefined
  let pieces = 0

  function inspectObject(data: Buffer): Verdict {
    const suspect = valueAfter(data, ERROR_KEY) !== undefined || data.indexOf(BASE_RESPONSE_KEY) >= 0
    if (suspect && isFailure(data)) return fail(data)
    if (data.indexOf(CHOICES_KEY) < 0) return 'hide'
    if (valueAfter(data, USAGE_KEY) === OPEN_BRACE) {
      lastUsage = data
      if (hasNoChoices(data)) {
        if (options.usageAsked) usageChunkSent = true
        return options.usageAsked ? 'pass' : 'hide'
      }
    }
    if (options.toolReasons && hasItems(data, TOOL_CALLS_KEY)) noteCallers(data)
    pieces += 1
    return hasValue(data, FINISH_KEY, QUOTE) ? inspectFinish(data) : 'pass'
  }

  function inspectFinish(data: Buffer): Verdict {
    const chunk = parse(data)
    const ended = choicesOf(chunk).filter(({ finish_reason: reason }) => reason !== null && reason !== undefined)
    for (const choice of ended) {
      if (isFailedReason(choice['finish_reason'])) return fail(data)
      finished.add(choice['index'] ?? 0)
    }
    return isObject(chunk) && ended.some(callsUnsaid) ? shown(chunk) : 'pass'
  }

  /** It called tools and does not say so. */
  function callsUnsaid({ finish_reason: reason, index = 0 }: JsonObject): boolean {
    return reasonForTools(reason) !== undefined && callers.has(options.expectedChoices === 1 ? 0 : index)
  }

  function shown({ usage, ...chunk }: JsonObject): Buffer {
    const choices = choicesOf(chunk).map((choice) =>
      callsUnsaid(choice) ? { ...choice, finish_reason: reasonForTools(choice['finish_reason']) } : choice,
    )
    return eventOf({ ...chunk, choices, ...(options.usageAsked && usage !== undefined ? { usage } : {}) }).bytes
  }

  function noteCallers(data: Buffer): void {
    if (options.expectedChoices === 1) callers.add(0)
    else for (const { delta, index = 0 } of choicesOf(parse(data))) if (callsTools(delta)) callers.add(index)
  }

  function fail(data: Buffer): Verdict {
    errorBody = data
    return 'error'
  }

  return {
    pieces: () => pieces,
    errorBody: () => errorBody,
    inspect(event) {
      if (event.errorField !== undefined) return fail(Buffer.from(`{"error":${event.errorField}}`))
      if (event.data === undefined) return event.comment ? 'pass' : 'hide'
      const data = trimmed(event.data)
      if (data.equals(DONE)) {
        done = true
        return 'done'
      }
      if (data.length === 0) return 'hide'
      if (data[0] !== OPEN_BRACE || data[data.length - 1] !== CLOSE_BRACE || !isUtf8(data)) return fail(data)
      const verdict = inspectObject(data)
      return verdict === 'pass' && !options.usageAsked ? (withoutUsage(event, data) ?? 'pass') : verdict
    },
    complete: () => done || finished.size >= options.expectedChoices,
    usage: () => (lastUsage === undefined ? undefined : readUsage(parse(lastUsage))),
    trailer() {
      // DeepSeek, Mistral, Groq: usage came on a choice's chunk; a client that asked waits for a chunk of its own.
      if (!options.usageAsked || usageChunkSent || lastUsage === undefined) return undefined
      const chunk = parse(lastUsage)
      const usage = usageOf(chunk)
      return isObject(chunk) && usage !== undefined
        ? Buffer.from(`data: ${JSON.stringify({ ...chunk, choices: [], usage })}\n\n`)
        : undefined
    },
  }
}

/** Events of speech, transcription and image streams end with a type of their own, llama-box's and vLLM's with `[DONE]`. */
const LAST_TYPES: readonly Buffer[] = [
  'speech.audio.done',
  'transcript.text.done',
  'image_generation.completed',
  'image_edit.completed',
].map((type) => Buffer.from(`"${type}"`))
const TYPE_KEY = Buffer.from('"type"')

/** The tap for the other event streams: everything passes, errors and the proper end are noticed. */
export function createEventTap(): StreamTap {
  let ended = false
  let last: Buffer | undefined
  let errorBody: Buffer | undefined
  let pieces = 0
  return {
    pieces: () => pieces,
    errorBody: () => errorBody,
    inspect(event) {
      if (event.data === undefined) return 'pass'
      const data = trimmed(event.data)
      if (data.equals(DONE)) {
        ended = true
        return 'done'
      }
      if (event.name === 'error' || (valueAfter(data, ERROR_KEY) !== undefined && isFailure(data))) {
        errorBody = data
        return 'error'
      }
      pieces += 1
      if (valueAfter(data, TYPE_KEY) !== undefined && LAST_TYPES.some((type) => data.indexOf(type) >= 0)) {
        ended = true
        last = data
      }
      return 'pass'
    },
    complete: () => ended,
    usage: () => (last === undefined ? undefined : readUsage(parse(last))),
    trailer: () => undefined,
  }
}

function trimmed(data: Buffer): Buffer {
  let start = 0
  let end = data.length
  while (start < end && (data[start] ?? 0) <= 0x20) start += 1
  while (end > start && (data[end - 1] ?? 0) <= 0x20) end -= 1
  return start === 0 && end === data.length ? data : data.subarray(start, end)
}

/** `error` may stand beside `choices` (OpenRouter); a mere `"error": null` or a vendor's empty field is none. */
function isFailure(data: Buffer): boolean {
  const json = parse(data)
  if (!isObject(json)) return true
  const { error } = json
  return isErrorBody(json) || (typeof error === 'string' && error !== '') || (isObject(error) && Object.keys(error).length > 0)
}

function hasNoChoices(data: Buffer): boolean {
  const json = parse(data)
  return isObject(json) && Array.isArray(json['choices']) && json['choices'].length === 0
}

function parse(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'))
  } catch {
    return undefined
  }
}
