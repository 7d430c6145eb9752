import { base64Of, parseDataUrl } from '../../../lib/data-url.ts'
import { isAbsent, isObject, textOf, type JsonObject } from '../../../lib/json.ts'
import { readContentParts, wrongField } from '../canonical/field-checks.ts'
import { CodecRefusal } from '../codec.ts'

type PartReader = (part: JsonObject, param: string) => JsonObject

/** Content parts of OpenAI, of vLLM and DashScope (`video_url`), and texts of an assistant's (`refusal`). `detail` of images is a hint, and goes. */
const READERS: Readonly<Record<string, PartReader>> = {
  text: (part, param) => ({ text: stringAt(part, 'text', param) }),
  refusal: (part, param) => ({ text: stringAt(part, 'refusal', param) }),
  image_url: (part, param) => addressed(part['image_url'], `${param}.image_url`),
  video_url: (part, param) => addressed(part['video_url'], `${param}.video_url`),
  input_audio: audioPart,
  file: filePart,
}

/**
 * The content of a message in either of its forms -> Gemini's parts; empty texts are left out. Throws a CodecRefusal that
 * names the part that Gemini can't be told.
 */
export function toParts(content: unknown, param: string): JsonObject[] {
  if (isAbsent(content) || content === '') return []
  if (typeof content === 'string') return [{ text: content }]
  return readContentParts(content, param, toPart).filter((part) => part['text'] !== '')
}

/** Of a system message, whose parts may only be texts. */
export function toTextParts(content: unknown, param: string): JsonObject[] {
  const parts = toParts(content, param)
  const other = parts.findIndex((part) => typeof part['text'] !== 'string')
  if (other >= 0) throw new CodecRefusal(param, 'Gemini takes only text here')
  return parts
}

/** The address of a picture as this gateway, or a client, wrote it: a data URL, Gemini's file or Google's storage. */
export function addressed(holder: unknown, param: string): JsonObject {
  const url = isObject(holder) ? holder['url'] : holder
  if (typeof url !== 'string') throw wrongField(param, 'a string')
  const inlineData = inlineDataOf(url)
  if (inlineData !== undefined) return { inlineData }
  if (isGoogleFile(url)) return { fileData: { fileUri: url } }
  throw new CodecRefusal(param, 'Gemini needs the data itself: a data URL with its media type')
}

function toPart(part: unknown, param: string): JsonObject {
  if (!isObject(part)) throw wrongField(param, 'an object')
  const { type } = part
  const read = typeof type === 'string' && Object.hasOwn(READERS, type) ? READERS[type] : undefined
  if (read === undefined) throw new CodecRefusal(`${param}.type`, `Gemini takes no content part of type ${JSON.stringify(type ?? null)}`)
  return read(part, param)
}

function audioPart(part: JsonObject, param: string): JsonObject {
  const audio = isObject(part['input_audio']) ? part['input_audio'] : {}
  const data = stringAt(audio, 'data', `${param}.input_audio`)
  const inlineData = inlineDataOf(data)
  if (inlineData !== undefined) return { inlineData }
  const format = stringAt(audio, 'format', `${param}.input_audio`)
  return { inlineData: { mimeType: `audio/${format.toLowerCase()}`, data } }
}

function filePart(part: JsonObject, param: string): JsonObject {
  const file = isObject(part['file']) ? part['file'] : {}
  const data = textOf(file['file_data'])
  if (data !== undefined) {
    const inlineData = inlineDataOf(data)
    if (inlineData === undefined) throw new CodecRefusal(`${param}.file.file_data`, 'The file must be a data URL with its media type')
    return { inlineData }
  }
  const id = stringAt(file, 'file_id', `${param}.file`)
  if (!isGoogleFile(id)) throw new CodecRefusal(`${param}.file.file_id`, 'Gemini does not have this file: send its data')
  return { fileData: { fileUri: id } }
}

/** Gemini must be told the media type. */
function inlineDataOf(url: string): JsonObject | undefined {
  const parsed = parseDataUrl(url)
  const data = parsed === undefined ? undefined : base64Of(parsed)
  return parsed === undefined || data === undefined || parsed.mediaType === '' ? undefined : { mimeType: parsed.mediaType, data }
}

function stringAt(holder: JsonObject, key: string, param: string): string {
  const value = holder[key]
  if (typeof value !== 'string') throw wrongField(`${param}.${key}`, 'a string')
  return value
}

/** `fileUri` takes files of Gemini's Files API and of Google's storage; other addresses it would not fetch. */
function isGoogleFile(uri: string): boolean {
  return uri.startsWith('gs://') || /^https:\/\/generativelanguage\.googleapis\.com\/v\w{1,10}\/files\//.test(uri)
}
