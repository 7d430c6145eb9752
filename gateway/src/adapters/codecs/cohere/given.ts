import type { JsonObject } from '../../../endpoints/call.ts'

/** OpenAI's SDKs write null for "as if it were not there". */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** The object without its absent values. */
export function givenOnly(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => isGiven(value)))
}

/** The client's fields that are not among `known`: extras in the backend's own words, which it may read or refuse itself. */
export function extrasOf(fields: JsonObject, known: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([key, value]) => !known.has(key) && isGiven(value)))
}
