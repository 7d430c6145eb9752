import { isObject, type JsonObject } from '../lib/json.ts'
import type { Endpoint } from '../endpoints/endpoint.ts'
import { isErrorBody } from '../errors/upstream-error-body.ts'
import { createSseReader } from '../lib/sse-reader.ts'
import { choicesAsked } from '../endpoints/choice-count.ts'

/** What the client allows the cache to do for this request. */
export interface CacheUse {
  /** An answer may come from the cache. */
  readonly read: boolean
  /** The answer may be kept. */
  readonly write: boolean
  /** Only an answer that is younger may be given; Infinity when the client said nothing. */
  readonly maxAgeMs: number
}

/** RFC 9111 1.2.2: a larger number of seconds counts as this one. */
const MAXIMUM_SECONDS = 2 ** 31
const DIRECTIVE = /([^\s=,;"]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]*))?/g

/**
 * The request's `cache-control` (RFC 9111 5.2.1): `no-store`, `no-cache`, `max-age=seconds`; other directives change nothing here.
 * Of several the strictest holds, and a `max-age` that is no number lets no answer pass: what was meant is a limit.
 */
export function readCacheControl(header: string | readonly string[] | undefined): CacheUse {
  let read = true
  let write = true
  let maxAgeMs = Number.POSITIVE_INFINITY
  const text = header === undefined ? '' : typeof header === 'string' ? header : header.join(',')
  for (const [, name = '', value = ''] of text.matchAll(DIRECTIVE)) {
    const directive = name.toLowerCase()
    if (directive === 'no-store') write = false
    if (directive === 'no-store' || directive === 'no-cache') read = false
    if (directive === 'max-age') maxAgeMs = Math.min(maxAgeMs, secondsOf(value) * 1_000)
  }
  return { read, write, maxAgeMs }
}

function secondsOf(value: string): number {
  const digits = /^(?:\d+|"\d+")$/.test(value) ? value.replaceAll('"', '') : '0'
  return Math.min(Number(digits), MAXIMUM_SECONDS)
}

export interface AnswerToStore {
  readonly endpoint: Endpoint
  /** The request's fields. */
  readonly fields: JsonObject
  readonly status: number
  /** Its proper end was seen, and the client was told of no failure. */
  readonly complete: boolean
  /** What was sent: a whole JSON answer, parsed; the bytes of an event stream; or bytes that say nothing of themselves. */
  readonly content:
    | { readonly kind: 'json'; readonly json: unknown }
    | { readonly kind: 'stream'; readonly bytes: Buffer }
    | { readonly kind: 'bytes' }
}

/**
 * Whether an answer may be given again: 200, whole, no error, and every choice ended as its model meant it to.
 * - `stop`, `tool_calls`, `function_call`: yes.
 * - `length`: only where the client set the limit itself, since the limit is then part of the key. Else the text was
 *   cut by the server's context, which another instance, or the same one later, need not have.
 * - `content_filter`: never, filters are changed without notice. Nor what nobody knows: it is not known to be whole.
 */
export function mayStore({ endpoint, fields, status, complete, content }: AnswerToStore): boolean {
  if (status !== 200 || !complete) return false
  if (content.kind === 'json' && isErrorBody(content.json)) return false
  if (endpoint.stream !== 'completion') return true
  if (content.kind === 'bytes') return false
  const accepted = acceptedReasons(fields)
  const reasons = content.kind === 'json' ? choicesOf(content.json).map(reasonOf) : reasonsOfStream(content.bytes)
  // A stream is looked at where it ends; what has not ended shows only in the number.
  const expected = content.kind === 'json' ? 1 : choicesAsked(endpoint, fields)
  return reasons.length >= expected && reasons.every((reason) => accepted.has(reason))
}

function acceptedReasons(fields: JsonObject): ReadonlySet<unknown> {
  const limited = typeof fields['max_tokens'] === 'number' || typeof fields['max_completion_tokens'] === 'number'
  return new Set(['stop', 'tool_calls', 'function_call', ...(limited ? ['length'] : [])])
}

/** An ordinary chunk says `"finish_reason":null` and costs no parse. In a JSON text the pattern can't stand inside of a string. */
const FINISH = /"finish_reason"\s*:\s*"/

/** The last finish reason of each choice. */
function reasonsOfStream(bytes: Buffer): readonly unknown[] {
  const reasons = new Map<unknown, unknown>()
  const reader = createSseReader(bytes.length)
  for (const { data } of reader.push(bytes)) {
    const text = data?.toString('utf8') ?? ''
    if (!FINISH.test(text)) continue
    for (const choice of choicesOf(parse(text))) {
      const reason = reasonOf(choice)
      if (reason !== undefined && reason !== null) reasons.set(choice['index'] ?? 0, reason)
    }
  }
  return [...reasons.values()]
}

function choicesOf(answer: unknown): readonly JsonObject[] {
  const choices = isObject(answer) ? answer['choices'] : undefined
  return Array.isArray(choices) ? choices.filter(isObject) : []
}

function reasonOf(choice: JsonObject): unknown {
  return choice['finish_reason']
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
