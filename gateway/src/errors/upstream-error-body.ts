import { isObject, parseJson, textOf } from '../lib/json.ts'

/** What an upstream said went wrong, whatever shape it said it in. */
export interface UpstreamErrorBody {
  readonly message: string
  readonly type: string | undefined
  readonly param: string | undefined
  readonly code: string | undefined
  /** Said in the body, for want of a `Retry-After` header. */
  readonly retryAfterMs?: number
}

const MAXIMUM_MESSAGE = 500
/** Roots of paths on a machine; those of an API, which a client may read of, begin otherwise. */
const FILE_PATH =
  /(?:(?<![\w.])\/(?:app|data|etc|home|mnt|opt|private|proc|root|run|srv|tmp|usr|Users|var|workspace)\/|\b[A-Za-z]:\\)[^\s"'<>()]*/g

/**
 * Reads the error shapes of all known backends: OpenAI's, with a number as code, flat, `detail` (a text or
 * FastAPI's list), MiniMax's `base_resp`, a bare JSON string, an array around one, HTML, text, nothing.
 */
export function readUpstreamError(status: number, body: Buffer): UpstreamErrorBody {
  const text = body
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trim()
  const json = first(parseJson(text))
  if (typeof json === 'string') return bare(json)
  if (!isObject(json)) return bare(text === '' ? `The upstream answered ${status} without a body` : text)
  const inner = isObject(json['error']) ? json['error'] : undefined
  const broken = isObject(json['x_groq']) ? json['x_groq']['error'] : undefined
  const baseResponse = isObject(json['base_resp']) ? json['base_resp'] : undefined
  const message =
    textOf(inner?.['message']) ??
    textOf(json['error']) ??
    textOf(json['message']) ??
    detailOf(isObject(json['message']) ? json['message']['detail'] : json['detail']) ??
    textOf(baseResponse?.['status_msg']) ??
    textOf(json['status_msg']) ??
    textOf(broken) ??
    `The upstream answered ${status}`
  return {
    message: clean(message),
    type:
      textOf(inner?.['type']) ?? textOf(inner?.['status']) ?? textOf(json['error_type']) ?? textOf(json['type']) ?? textOf(json['reason']),
    param: textOf(inner?.['param']) ?? textOf(json['param']),
    code: codeOf(inner?.['code']) ?? codeOf(json['code']) ?? codeOf(baseResponse?.['status_code']),
  }
}

/**
 * A 200 that is a failure: OpenRouter puts `error` into the body, MiniMax a `base_resp` whose code is not 0, Groq says in
 * `x_groq` that it stopped early.
 */
export function isErrorBody(json: unknown): boolean {
  if (!isObject(json)) return false
  const { error, base_resp: baseResponse, x_groq: groq } = json
  const failed = (isObject(error) && Object.keys(error).length > 0) || textOf(error) !== undefined
  if (failed && isEmpty(json['choices']) && json['data'] === undefined && json['results'] === undefined) return true
  if (isObject(groq) && textOf(groq['error']) !== undefined) return true
  return isObject(baseResponse) && typeof baseResponse['status_code'] === 'number' && baseResponse['status_code'] !== 0
}

function isEmpty(choices: unknown): boolean {
  return choices === undefined || choices === null || (Array.isArray(choices) && choices.length === 0)
}

function first(json: unknown): unknown {
  return Array.isArray(json) ? json[0] : json
}

function codeOf(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : textOf(value)
}

function detailOf(detail: unknown): string | undefined {
  if (!Array.isArray(detail)) return textOf(detail)
  const entry: unknown = detail[0]
  if (!isObject(entry)) return textOf(entry)
  const where = Array.isArray(entry['loc']) ? entry['loc'].map(String).join('.') : undefined
  const message = textOf(entry['msg'])
  return where === undefined || message === undefined ? message : `${where}: ${message}`
}

function bare(text: string): UpstreamErrorBody {
  return {
    message: clean(text.replace(/<(script|style)[\s\S]{0,5000}?<\/\1>/gi, ' ').replace(/<[^<>]{0,500}>/g, ' ')),
    type: undefined,
    param: undefined,
    code: undefined,
  }
}

/** One line, bounded, without addresses and file paths: an upstream's text must not tell a client where it lives. */
function clean(message: string): string {
  return message
    .slice(0, 4 * MAXIMUM_MESSAGE)
    .replace(/\bhttps?:\/\/[^\s"'<>)]+/gi, '[address]')
    .replace(/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g, '[address]')
    .replace(FILE_PATH, '[path]')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MAXIMUM_MESSAGE)
}
