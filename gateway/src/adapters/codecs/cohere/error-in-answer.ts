import { isErrorBody, type UpstreamErrorBody } from '../../../errors/upstream-error-body.ts'
import { isObject } from '../../../lib/json.ts'
import { errorInside } from '../canonical/error-in-answer.ts'

/** The error that stands where an answer or an event should: Cohere's is a bare `message`, a proxy's may have any known shape. */
export function errorIn(json: unknown): UpstreamErrorBody | undefined {
  const isError = isErrorBody(json) || (isObject(json) && typeof json['message'] === 'string')
  return isError ? errorInside(json) : undefined
}
