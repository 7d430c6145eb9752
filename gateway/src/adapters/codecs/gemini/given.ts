/** OpenAI takes `null` for a field that is not there. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

/** A string that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
