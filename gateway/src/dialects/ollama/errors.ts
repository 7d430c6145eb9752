import type { JsonObject } from '../../endpoints/call.ts'
import type { ClientError } from '../../errors/openai-error.ts'

/** The body of an error answer, and the last line of a stream that broke: Ollama's errors are a text and nothing else. */
export function errorBody(error: ClientError): JsonObject {
  const { message, param } = error
  return { error: param === undefined || message.includes(param) ? message : `${param}: ${message}` }
}
