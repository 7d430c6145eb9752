import { fieldsBeside, givenOnly, type JsonObject } from '../../../lib/json.ts'

/** The client's given fields that no rule speaks of: extras in the backend's own words, which it reads or refuses itself. */
export function extrasOf(fields: JsonObject, known: ReadonlySet<string>): JsonObject {
  return givenOnly(fieldsBeside(fields, known))
}
