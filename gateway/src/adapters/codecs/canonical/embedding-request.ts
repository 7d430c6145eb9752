import { isAbsent, type JsonObject } from '../../../lib/json.ts'
import { CodecRefusal } from '../codec.ts'
import { wrongField } from './field-checks.ts'

/** Representations that an OpenAI client can be given: base64 is made of floats where the endpoint answers. */
export const TELLABLE_FORMATS: ReadonlySet<unknown> = new Set(['float', 'base64'])

/** A client that gets floats where it asked for another representation would read wrong numbers without an error. */
export function refuseUntellableFormat({ encoding_format: format }: JsonObject): void {
  if (!isAbsent(format) && !TELLABLE_FORMATS.has(format))
    throw new CodecRefusal('encoding_format', 'Vectors are told as "float" or "base64"')
}

/** `input` as texts, for backends that embed nothing else; `because` is said of what is no text. */
export function embeddingTexts(input: unknown, because: string): string | readonly string[] {
  if (typeof input === 'string') return input
  if (!Array.isArray(input)) throw wrongField('input', 'a string or an array of strings')
  return input.map((entry: unknown, at) => {
    if (typeof entry !== 'string') throw new CodecRefusal(`input[${at}]`, because)
    return entry
  })
}
