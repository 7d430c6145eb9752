import { describeError, maskedText } from './describe-error.ts'

const DEEPEST = 6
const MOST_ITEMS = 100

/** What may be written of the fields of a line, by their type: it is the last place before a secret would be in a file. */
export function loggableFields(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, loggable(value, 0)]))
}

/**
 * Errors are described, plain data is gone through, texts lose what looks like a key. Of all else (bytes, requests,
 * sockets, whatever a library has made) nobody knows what is in it: its kind alone.
 */
function loggable(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskedText(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return describeError(value)
  if (depth === DEEPEST) return '(deeper)'
  if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((each) => loggable(each, depth + 1))
  if (value instanceof Date) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return `(${value.constructor.name})`
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, loggable(inner, depth + 1)]))
}
