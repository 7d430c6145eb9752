import type { JsonObject } from '../../../endpoints/call.ts'
import { CodecRefusal } from '../codec.ts'

/** Undefined where the client gave none, or null. */
export function numberField(fields: JsonObject, name: string): number | undefined {
  const value = fields[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number') throw new CodecRefusal(name, `Expected ${name} to be a number`)
  return value
}
