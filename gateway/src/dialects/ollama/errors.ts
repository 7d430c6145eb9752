import type { ClientError } from '../../errors/openai-error.ts'
import type { JsonObject } from '../../lib/json.ts'
import { errorText } from '../canonical/error-text.ts'

/** The body of an error answer, and the last line of a stream that broke: Ollama's errors are a text and nothing else. */
export function errorBody(error: ClientError): JsonObject {
  return { error: errorText(error) }
}
