import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecRefusal } from '../codec.ts'
import { isGiven } from './given-fields.ts'

/**
 * `response_format` → `format`: `"json"`, or the bare schema. A schema's `name`, `description` and `strict` have no
 * place there: Ollama's grammar holds every schema strictly.
 */
export function encodeFormat(responseFormat: unknown): 'json' | JsonObject | undefined {
  if (!isGiven(responseFormat)) return undefined
  const { type, json_schema: wrapped } = isObject(responseFormat) ? responseFormat : {}
  if (type === 'text') return undefined
  if (type === 'json_object') return 'json'
  if (type !== 'json_schema')
    throw new CodecRefusal('response_format', 'The field "response_format" must be of type text, json_object or json_schema')
  const schema = isObject(wrapped) ? wrapped['schema'] : undefined
  if (!isObject(schema))
    throw new CodecRefusal('response_format.json_schema.schema', 'The field "response_format.json_schema.schema" must be an object')
  return schema
}
