/** JSON with the keys of every object in the order of their code units and no white space: equal values have equal texts. What JSON can't say is left out as `JSON.stringify` does. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (isPlain(inner) ? sorted(inner) : inner))
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sorted(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  // Without a prototype: `__proto__` is a key like any other. Keys that look like numbers stay in the engine's order, which is the same for all.
  const result = Object.create(null) as Record<string, unknown>
  for (const key of Object.keys(object).toSorted()) result[key] = object[key]
  return result
}
