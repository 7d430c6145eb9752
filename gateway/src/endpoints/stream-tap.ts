import { isUtf8 } from 'node:buffer'
import type { SseEvent } from '../lib/sse-reader.ts'
import { isErrorBody } from '../errors/upstream-error-body.ts'
import { isObject, type JsonObject } from './call.ts'
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
const CHOICES_KEY = Buffer.from('"choices"')
const FINISH_KEY = Buffer.from('"finish_reason"')
const USAGE_KEY = Buffer.from('"usage"')
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const QUOTE = 0x22
/** Finish reasons by which backends say that they failed while generating (backends.md 21.1). */
const FAILED_REASONS: ReadonlySet<unknown> = new Set(['error', 'abort', 'insufficient_system_resource', 'network_error'])

/**
 * The tap for chat and completion streams. An ordinary chunk costs a few native byte searches and no JSON parse:
 * a key such as `"usage"` followed by a colon can't occur inside a JSON text, where quotes are escaped.
 */
export function createCompletionTap(options: { expectedChoices: number; usageAsked: boolean }): StreamTap {
  const finished = new Set<unknown>()
  let done = false
  let lastUsage: Buffer | undefined
  let usageChunkSent = false
  let errorBody: Buffer | undefined
  let pieces = 0

  function inspectObject(data: Buffer): Verdict {
    if (valueAfter(data, ERROR_KEY) !== undefined && isFailure(data)) return fail(data)
    if (data.indexOf(CHOICES_KEY) < 0) return 'hide'
    if (valueAfter(data, USAGE_KEY) === OPEN_BRACE) {
      lastUsage = data
      if (hasNoChoices(data)) {
        if (options.usageAsked) usageChunkSent = true
        return options.usageAsked ? 'pass' : 'hide'
      }
    }
    if (hasFinish(data)) {
      for (const choice of choicesOf(data)) {
        if (choice['finish_reason'] === null || choice['finish_reason'] === undefined) continue
        if (FAILED_REASONS.has(choice['finish_reason'])) return fail(data)
        finished.add(choice['index'] ?? 0)
      }
    }
    pieces += 1
    return 'pass'
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

/** First byte of the value of the first such key, or undefined when the text is there but is no key. */
function valueAfter(data: Buffer, key: Buffer, from = 0): number | undefined {
  let at = data.indexOf(key, from)
  while (at >= 0) {
    let next = at + key.length
    while ((data[next] ?? 0x7f) <= 0x20) next += 1
    if (data[next] === 0x3a) {
      next += 1
      while ((data[next] ?? 0x7f) <= 0x20) next += 1
      return data[next]
    }
    at = data.indexOf(key, at + key.length)
  }
  return undefined
}

function hasFinish(data: Buffer): boolean {
  for (let at = data.indexOf(FINISH_KEY); at >= 0; at = data.indexOf(FINISH_KEY, at + 1)) {
    if (valueAfter(data, FINISH_KEY, at) === QUOTE) return true
  }
  return false
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

function choicesOf(data: Buffer): readonly JsonObject[] {
  const json = parse(data)
  return isObject(json) && Array.isArray(json['choices']) ? json['choices'].filter(isObject) : []
}

function parse(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'))
  } catch {
    return undefined
  }
}
