import { isAbsent, type JsonObject } from '../../../lib/json.ts'
import { CodecRefusal } from '../codec.ts'

/** A field that asks for what a backend can't do. */
export interface RefusedField {
  readonly name: string
  /** Whether this value does; a default that is written out asks for nothing, since many clients send it always. Never asked of null. */
  readonly asks: (value: unknown) => boolean
  readonly because: string
}

/** Throws a CodecRefusal for the first field that asks for what can't be had. */
export function refuseFields(fields: JsonObject, refused: readonly RefusedField[]): void {
  for (const { name, asks, because } of refused) {
    const value = fields[name]
    if (!isAbsent(value) && asks(value)) throw new CodecRefusal(name, because)
  }
}

/** Any value asks. */
export const whenGiven = (): boolean => true

export function unlessIt(is: unknown): (value: unknown) => boolean {
  return (value) => value !== is
}

/** An object or a list with something in it, and whatever is neither. */
export function hasEntries(value: unknown): boolean {
  return typeof value !== 'object' || value === null || Object.keys(value).length > 0
}

/** Of `modalities`: for answers that are no text. */
export function asksBeyondText(modalities: unknown): boolean {
  return !Array.isArray(modalities) || modalities.some((one) => one !== 'text')
}
