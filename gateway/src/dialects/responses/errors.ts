import { toOpenAiError, type ClientError } from '../../errors/openai-error.ts'
import type { JsonObject } from '../../lib/json.ts'

/** OpenAI's shape, as on its other routes. The request's id is in a header alone. */
export function errorBody(error: ClientError): JsonObject {
  return { ...toOpenAiError(error) }
}

/** The `error` event in both its forms at once: flat as OpenAI's specification has it, nested as its servers send it and its SDK for Node demands. */
export function errorEvent(error: ClientError): JsonObject {
  const { message, type, param, code } = toOpenAiError(error).error
  return { type: 'error', code, message, param, error: { type, code, message, param } }
}

/** A failed response's `error`, whose codes are a closed list. */
export function responseError({ status, message }: ClientError): JsonObject {
  if (status === 429) return { code: 'rate_limit_exceeded', message }
  return { code: status < 500 ? 'invalid_prompt' : 'server_error', message }
}
