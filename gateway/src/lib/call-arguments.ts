import { isAbsent, isObject, parseJson, type JsonObject } from './json.ts'

/** What Cohere and some others write for a call without arguments. */
export const NO_ARGUMENTS = 'null'

/**
 * The arguments of a function's call, which are the text of a JSON object; some clients and servers write the object
 * itself. {} for none, however that is said; undefined for what is no object, as for a text that was cut off.
 */
export function readArguments(value: unknown): JsonObject | undefined {
  if (isAbsent(value)) return {}
  if (typeof value !== 'string') return isObject(value) ? value : undefined
  const text = value.trim()
  if (text === '' || text === NO_ARGUMENTS) return {}
  const parsed = parseJson(text)
  return isObject(parsed) ? parsed : undefined
}
