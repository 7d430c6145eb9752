import { GatewayError } from '../../errors/gateway-error.ts'
import { isAbsent, isObject, type JsonObject } from '../../lib/json.ts'

/** Refusals and readers for fields of a client's request; a path is written as `messages[2].content[0].text`. */

export function missing(path: string): GatewayError {
  return new GatewayError('missing_field', `The field "${path}" is missing`, { param: path })
}

export function invalid(path: string, expected: string): GatewayError {
  return new GatewayError('invalid_field', `The field "${path}" must be ${expected}`, { param: path })
}

/** Makes the refusal of what a dialect has and a chat completion has no words for; `what` begins the sentence. */
export type RefuseUnspeakable = (path: string, what: string) => GatewayError

/** `because`: why it can't be said, as the end of the sentence. */
export function unspeakableIn(because: string): RefuseUnspeakable {
  return (path, what) => new GatewayError('invalid_field', `${what} ${because} ("${path}")`, { param: path })
}

export function requiredString(value: unknown, path: string): string {
  const string = optionalString(value, path)
  if (string === undefined) throw missing(path)
  return string
}

export function stringAt(object: JsonObject, key: string, path: string): string {
  return requiredString(object[key], `${path}.${key}`)
}

export function objectAt(object: JsonObject, key: string, path: string): JsonObject {
  const value = optionalObject(object[key], `${path}.${key}`)
  if (value === undefined) throw missing(`${path}.${key}`)
  return value
}

/** A field that may be left out, and is an object where it is given. */
export function optionalObject(value: unknown, path: string): JsonObject | undefined {
  if (isAbsent(value)) return undefined
  if (!isObject(value)) throw invalid(path, 'an object')
  return value
}

/** The same of a string. */
export function optionalString(value: unknown, path: string): string | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value !== 'string') throw invalid(path, 'a string')
  return value
}

/** The same of a boolean. */
export function optionalBoolean(value: unknown, path: string): boolean | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value !== 'boolean') throw invalid(path, 'a boolean')
  return value
}

/** The same of a number of things. */
export function optionalCount(value: unknown, path: string): number | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) throw invalid(path, 'a whole number from 1 up')
  return value
}

/** A list that may be left out: no entries then. */
export function optionalList(value: unknown, path: string): readonly unknown[] {
  if (isAbsent(value)) return []
  if (!Array.isArray(value)) throw invalid(path, 'an array')
  return value
}

/** A dialect whose answers are one asks for no more, whatever `n` its client sends along; `because` ends the sentence. */
export function refuseSeveral({ n }: JsonObject, because: string): void {
  if (!isAbsent(n) && n !== 1) throw invalid('n', `1 or left out: ${because}`)
}

/** The entries of a list, which must be objects, each with its path. */
export function placedIn(list: readonly unknown[], path: string): Placed[] {
  return list.map((value, index) => {
    if (!isObject(value)) throw invalid(`${path}[${index}]`, 'an object')
    return { value, path: `${path}[${index}]` }
  })
}

/** A part of a request and where it stands in it, for errors. */
export interface Placed {
  readonly value: JsonObject
  readonly path: string
}
