import type { JsonObject } from '../../../lib/json.ts'
import { readResponseFormat } from '../canonical/response-format.ts'

/**
 * `response_format` -> `format`: `"json"`, or the bare schema. A schema's `name`, `description` and `strict` have no
 * place there: Ollama's grammar holds every schema strictly.
 */
export function encodeFormat(responseFormat: unknown): 'json' | JsonObject | undefined {
  const format = readResponseFormat(responseFormat)
  if (format.kind === 'text') return undefined
  return format.kind === 'json' ? 'json' : format.schema
}
