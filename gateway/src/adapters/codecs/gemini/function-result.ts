import { isObject, parseJson, stringOf, type JsonObject } from '../../../lib/json.ts'
import { toParts } from './parts.ts'

export interface FunctionResult {
  readonly id: string | undefined
  readonly name: string
  readonly content: unknown
  /** Where the content stands, for refusals. */
  readonly param: string
}

export interface ResultParts {
  readonly response: JsonObject
  /** Pictures of the result that the model's generation takes only beside it. */
  readonly beside: readonly JsonObject[]
}

/**
 * The result of a tool -> `functionResponse`. Pictures go into it where the model takes them there, else beside it.
 */
export function toFunctionResponse({ id, name, content, param }: FunctionResult, takesMedia: boolean): ResultParts {
  const parts = toParts(content, param)
  const text = parts.map((part) => stringOf(part['text'])).join('')
  const media = parts.filter((part) => part['text'] === undefined)
  const inside = takesMedia && media.length > 0 ? { parts: media } : {}
  const response = { functionResponse: { ...(id === undefined ? {} : { id }), name, response: resultObject(text), ...inside } }
  return { response, beside: takesMedia ? [] : media }
}

const UNSAFE = /\d{16,}|\d[eE]\+?\d{3}|"\$ref"/

/**
 * The JSON of an object goes as that object, any other text as `result`. So does JSON that would not arrive as it was
 * written: numbers that a double does not hold, and `$ref`, which Gemini takes for a reference of its own and refuses.
 */
function resultObject(text: string): JsonObject {
  if (!text.trimStart().startsWith('{') || UNSAFE.test(text)) return { result: text }
  const json = parseJson(text)
  return isObject(json) ? json : { result: text }
}
