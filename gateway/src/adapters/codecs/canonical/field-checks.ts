import { isAbsent, type JsonObject } from '../../../lib/json.ts'
import { CodecRefusal } from '../codec.ts'

/** Checks of the client's fields, for every codec. A `param` is a path such as `messages[2].content[0]`. */

export function wrongField(param: string, expected: string): CodecRefusal {
  return new CodecRefusal(param, `The field "${param}" must be ${expected}`)
}

/** What each entry of a list means. `expected` says what the field must be that is no list. */
export function readEntries<Entry>(
  value: unknown,
  param: string,
  { read, expected = 'an array' }: { readonly read: (entry: unknown, param: string, at: number) => Entry; readonly expected?: string },
): Entry[] {
  if (!Array.isArray(value)) throw wrongField(param, expected)
  return value.map((entry: unknown, at) => read(entry, `${param}[${at}]`, at))
}

/** The same of a field that may be left out: no entries then. */
export function readOptionalEntries<Entry>(value: unknown, param: string, read: (entry: unknown, param: string) => Entry): Entry[] {
  return isAbsent(value) ? [] : readEntries(value, param, { read })
}

/** Of a content, which is a text or a list: this list. */
export function readContentParts<Part>(content: unknown, param: string, read: (part: unknown, param: string) => Part): Part[] {
  return readEntries(content, param, { read, expected: 'a string or an array' })
}

/** Undefined where the client gave none, or null. */
export function numberField(fields: JsonObject, name: string): number | undefined {
  const value = fields[name]
  if (isAbsent(value)) return undefined
  if (typeof value !== 'number') throw wrongField(name, 'a number')
  return value
}
