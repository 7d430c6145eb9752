import { isObject, type JsonObject } from '../../endpoints/call.ts'

/** Cohere's word for no arguments. */
export const NO_ARGUMENTS = 'null'

/** The arguments of a call as Anthropic's `input`: {} for none, undefined when they are no JSON object, as when they were cut off. */
export function toolInput(text: string): JsonObject | undefined {
  if (text.trim() === '' || text === NO_ARGUMENTS) return {}
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
