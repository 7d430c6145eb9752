export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Clients and servers write `null` for a field that is not there. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

/** A string that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The empty string for what is no string. */
export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Empty for what is no list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The objects in a list; what else stands in it is passed over. */
export function objectsIn(value: unknown): readonly JsonObject[] {
  return listOf(value).filter(isObject)
}

/** The object without its absent values. */
export function givenOnly(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isAbsent(value)))
}

/** The fields that are not among `known`, as they are. */
export function fieldsBeside(fields: JsonObject, known: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !known.has(name)))
}
