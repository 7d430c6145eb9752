import type { JsonObject } from '../../endpoints/call.ts'
import { invalid, isAbsent, missing, objectAt, stringAt } from '../anthropic/field-checks.ts'
import { unspeakable } from './refusals.ts'
import type { Placed } from './request-items.ts'

/** A part of a message of a chat completion. */
export type Part = TextPart | MediaPart
export interface TextPart {
  readonly type: 'text'
  readonly text: string
}
export interface MediaPart {
  readonly type: 'image_url' | 'file' | 'input_audio'
  readonly [key: string]: unknown
}

/** What a user or a tool says. Cache marks go, and a file's `detail`, which a chat completion does not have. */
export function toPart({ value, path }: Placed): Part {
  switch (value['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: stringAt(value, 'text', path) }
    case 'input_image':
      return imagePart(value, path)
    case 'input_file':
      return filePart(value, path)
    case 'input_audio':
      return { type: 'input_audio', input_audio: objectAt(value, 'input_audio', path) }
    default:
      throw badType(value, path)
  }
}

/** What the system says, or the model said: text alone. */
export function toText({ value, path }: Placed): string {
  const { type } = value
  if (type === 'input_text' || type === 'output_text' || type === 'text') return stringAt(value, 'text', path)
  throw badType(value, path)
}

/** One text as a string: the oldest form, and the only one that every chat template takes. */
export function contentOf(parts: readonly Part[]): string | readonly Part[] {
  const [first] = parts
  if (first === undefined) return ''
  return parts.length === 1 && first.type === 'text' ? first.text : parts
}

function imagePart(value: JsonObject, path: string): MediaPart {
  const { image_url: url, file_id: file, detail } = value
  if (isAbsent(url)) {
    if (isAbsent(file)) throw missing(`${path}.image_url`)
    throw unspeakable(`${path}.file_id`, "An image by its file's id")
  }
  if (typeof url !== 'string') throw invalid(`${path}.image_url`, 'a string')
  return { type: 'image_url', image_url: { url, ...(typeof detail === 'string' ? { detail } : {}) } }
}

/** An id passes, though it means something to a few backends alone: those that do not know it say so. */
function filePart(value: JsonObject, path: string): MediaPart {
  const { file_data: data, file_id: id, filename } = value
  if (!isAbsent(value['file_url']) && isAbsent(data) && isAbsent(id)) throw unspeakable(`${path}.file_url`, 'A file by its address')
  if (isAbsent(data) && isAbsent(id)) throw missing(`${path}.file_data`)
  return {
    type: 'file',
    file: {
      ...(isAbsent(data) ? { file_id: stringAt(value, 'file_id', path) } : { file_data: stringAt(value, 'file_data', path) }),
      ...(typeof filename === 'string' ? { filename } : {}),
    },
  }
}

function badType(value: JsonObject, path: string): Error {
  const { type } = value
  return isAbsent(type)
    ? missing(`${path}.type`)
    : unspeakable(`${path}.type`, `A content part of type ${JSON.stringify(type)} at this place`)
}
