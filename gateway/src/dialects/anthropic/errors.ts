import type { ClientError } from '../../errors/openai-error.ts'
import type { JsonObject } from '../../lib/json.ts'
import { errorText } from '../canonical/error-text.ts'

/** Anthropic's names by status. 503 is `overloaded_error`, as all that the gateway answers 503 to is; Anthropic's own status for it, 529, is no registered one. */
const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

export function errorBody(error: ClientError, requestId: string): JsonObject {
  return { ...errorEventData(error), request_id: requestId }
}

/** What an `error` event carries: the same without the request's id. */
export function errorEventData(error: ClientError): JsonObject {
  const { code } = error
  return {
    type: 'error',
    error: {
      type: TYPES[error.status] ?? (error.status < 500 ? 'invalid_request_error' : 'api_error'),
      message: errorText(error),
      ...(code === undefined ? {} : { details: { error_code: code } }),
    },
  }
}
