import type { JsonObject } from '../../../endpoints/call.ts'

/** `null` is how clients write that they say nothing of a field. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

export function givenOnly(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isGiven(value)))
}

/** The given fields that no rule speaks of: vendor extras, which Ollama reads or passes over. */
export function extrasOf(fields: JsonObject, known: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => isGiven(value) && !known.has(name)))
}
