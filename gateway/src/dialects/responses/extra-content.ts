import { isObject, type JsonObject } from '../../lib/json.ts'

/**
 * What Google's OpenAI layer puts beside a message or a call, its thought's signature: it must come back with the call.
 * Carried by items under the same name, which is none of the Responses API's own.
 */
export function extraContent(holder: JsonObject): JsonObject {
  const extra = holder['extra_content']
  return isObject(extra) ? { extra_content: extra } : {}
}
