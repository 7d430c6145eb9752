import { isAbsent, type JsonObject } from '../../lib/json.ts'
import { invalid, missing, placedIn, type Placed } from '../canonical/field-checks.ts'

/** `input` in either of its forms: a string is what the user says. */
export function readItems(input: unknown): readonly Placed[] {
  if (isAbsent(input)) throw missing('input')
  if (typeof input === 'string') return [{ value: { type: 'message', role: 'user', content: input }, path: 'input' }]
  if (!Array.isArray(input)) throw invalid('input', 'a string or an array of items')
  return placedIn(input, 'input')
}

/** Content in either of its forms, a string or parts. */
export function readParts(content: unknown, path: string): readonly Placed[] {
  if (isAbsent(content)) throw missing(path)
  if (typeof content === 'string') return [{ value: { type: 'input_text', text: content }, path }]
  if (!Array.isArray(content)) throw invalid(path, 'a string or an array of content parts')
  return placedIn(content, path)
}

/** A message may do without its type. */
export function typeOfItem(item: JsonObject): unknown {
  return item['type'] ?? (isAbsent(item['role']) ? undefined : 'message')
}
