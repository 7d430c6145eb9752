import { isObject, type JsonObject } from '../../src/lib/json.ts'

/* Reads JSON that nobody has checked; what has another shape is read as nothing. */

export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

export const objectsOf = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.map(objectOf) : [])

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export const stringsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

export const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

export const optionalText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

export const optionalObject = (value: unknown): JsonObject | undefined => (isObject(value) ? value : undefined)

/** Undefined when the text is no JSON object. */
export function parseObject(json: string | Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(String(json))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Where the first character stands that standard base64 with padding does not have; undefined when the text is sound. */
export function base64FaultOf(text: string): number | undefined {
  const sound = /^[A-Za-z0-9+/]*={0,2}/.exec(text)?.[0].length ?? 0
  if (sound < text.length) return sound
  return text.length % 4 === 0 && text !== '' ? undefined : text.length
}

/** The texts of parts that are told apart by `type: "text"`; a plain string is one part. Joined as the gateway's tables join them. */
export function textOfParts(content: unknown): string {
  if (typeof content === 'string') return content
  return objectsOf(content)
    .filter((part) => part['type'] === 'text')
    .map((part) => textOf(part['text']))
    .join('\n')
}

/** Undefined when there is none, so that "no system text" and an empty one differ. */
export const joined = (texts: readonly string[]): string | undefined => (texts.length === 0 ? undefined : texts.join('\n'))
