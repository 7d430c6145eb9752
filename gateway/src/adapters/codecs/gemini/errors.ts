import { readUpstreamError, type UpstreamErrorBody } from '../../../errors/upstream-error-body.ts'
import { isObject, objectsIn, parseJson, textOf, type JsonObject } from '../../../lib/json.ts'
import { errorInside } from '../canonical/error-in-answer.ts'
import { CodecFailure, CodecMismatch } from '../codec.ts'

/** Longer waits are not believed, here as with the header. */
const MAXIMUM_WAIT_MS = 300_000
const CONTEXT_TEXT = /\binput token count\b.{0,40}\bexceeds\b/i

/**
 * Any bytes -> an error. `type` is Google's status (`INVALID_ARGUMENT`), `code` OpenAI's word where there is one, else
 * Google's reason (`SERVICE_DISABLED`). The number in the body says again what the status says: it is told only for errors in a 200. A wait is told in place of a
 * `Retry-After` header, which Gemini does not send.
 */
export function decodeError(status: number, body: Buffer): UpstreamErrorBody {
  const said = readUpstreamError(status, body)
  const error = errorIn(parseJson(body.toString('utf8').replace(/^\ufeff/, '')))
  if (error === undefined) return said
  const details = objectsIn(error['details'])
  const delay = retryDelayMs(details)
  const numbered = status < 300 ? said.code : undefined
  return { ...said, code: codeOf(said, details) ?? numbered, ...(delay === undefined ? {} : { retryAfterMs: delay }) }
}

/** An error that was found in an answer or a stream, beside whatever else it holds. */
export function errorOf(json: JsonObject): UpstreamErrorBody {
  return errorInside(json, decodeError)
}

/** Throws a CodecFailure for an error in a 200, alone or in an array, and a CodecMismatch for what is no object. */
export function answerOf(answer: unknown): JsonObject {
  const root: unknown = Array.isArray(answer) && answer.length === 1 ? answer[0] : answer
  if (!isObject(root)) throw new CodecMismatch('The answer is no JSON object')
  if (hasError(root)) throw new CodecFailure(errorOf(root))
  return root
}

export function hasError({ error }: JsonObject): boolean {
  return (isObject(error) && Object.keys(error).length > 0) || textOf(error) !== undefined
}

function errorIn(json: unknown): JsonObject | undefined {
  const first: unknown = Array.isArray(json) ? json[0] : json
  const error = isObject(first) ? first['error'] : undefined
  return isObject(error) ? error : undefined
}

function codeOf({ type, message }: UpstreamErrorBody, details: readonly JsonObject[]): string | undefined {
  const reason = details.map((detail) => textOf(detail['reason'])).find((one) => one !== undefined)
  // A refused key is a 400 to Google.
  if (reason === 'API_KEY_INVALID') return 'invalid_api_key'
  if (CONTEXT_TEXT.test(message)) return 'context_length_exceeded'
  if (type === 'NOT_FOUND') return 'model_not_found'
  if (type === 'RESOURCE_EXHAUSTED')
    return quotaIds(details).some((id) => id.includes('PerDay')) ? 'insufficient_quota' : 'rate_limit_exceeded'
  return reason
}

/** Which quota was used up: those of a day do not come back by waiting. */
function quotaIds(details: readonly JsonObject[]): readonly string[] {
  return details.flatMap(({ violations }) => {
    return objectsIn(violations).flatMap(({ quotaId }) => (typeof quotaId === 'string' ? [quotaId] : []))
  })
}

/** `RetryInfo`: a duration as protobuf writes it in JSON, seconds with a fraction and an `s`. */
function retryDelayMs(details: readonly JsonObject[]): number | undefined {
  const delay = details.map((detail) => textOf(detail['retryDelay'])).find((one) => one !== undefined)
  const seconds = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(delay ?? '')?.[1]
  return seconds === undefined ? undefined : Math.min(Math.ceil(Number(seconds) * 1_000), MAXIMUM_WAIT_MS)
}
