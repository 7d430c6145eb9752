import { isObject, type JsonObject } from '../../endpoints/call.ts'
import { GatewayError } from '../../errors/gateway-error.ts'

/** Refusals and readers for fields of a Messages request; a path is written as `messages[2].content[0].text`. */

export function missing(path: string): GatewayError {
  return new GatewayError('missing_field', `The field "${path}" is missing`, { param: path })
}

export function invalid(path: string, expected: string): GatewayError {
  return new GatewayError('invalid_field', `The field "${path}" must be ${expected}`, { param: path })
}

/** For what Anthropic's API has and a chat completion has no words for; `what` begins the sentence. */
export function unspeakable(path: string, what: string): GatewayError {
  return new GatewayError('invalid_field', `${what} can't be translated for a model that does not speak Anthropic's API ("${path}")`, {
    param: path,
  })
}

export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

export function stringAt(object: JsonObject, key: string, path: string): string {
  const value = object[key]
  if (isAbsent(value)) throw missing(`${path}.${key}`)
  if (typeof value !== 'string') throw invalid(`${path}.${key}`, 'a string')
  return value
}

export function objectAt(object: JsonObject, key: string, path: string): JsonObject {
  const value = object[key]
  if (isAbsent(value)) throw missing(`${path}.${key}`)
  if (!isObject(value)) throw invalid(`${path}.${key}`, 'an object')
  return value
}

/** An optional top-level field that is an object where it is given. */
export function optionalObject(value: unknown, path: string): JsonObject | undefined {
  if (isAbsent(value)) return undefined
  if (!isObject(value)) throw invalid(path, 'an object')
  return value
}
