import { isAbsent, type JsonObject } from '../../lib/json.ts'
import { invalid, missing, objectAt, stringAt, type Placed } from '../canonical/field-checks.ts'
import { imagePart, textPart, type MediaPart, type Part } from '../canonical/message-parts.ts'
import { unspeakable } from './unspeakable.ts'

/** What a user or a tool says. Cache marks go, and a file's `detail`, which a chat completion does not have. */
export function toPart({ value, path }: Placed): Part {
  switch (value['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return textPart(stringAt(value, 'text', path))
    case 'input_image':
      return fromImage(value, path)
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

function fromImage(value: JsonObject, path: string): MediaPart {
  const { image_url: url, file_id: file, detail } = value
  if (isAbsent(url)) {
    if (isAbsent(file)) throw missing(`${path}.image_url`)
    throw unspeakable(`${path}.file_id`, "An image by its file's id")
  }
  if (typeof url !== 'string') throw invalid(`${path}.image_url`, 'a string')
  return imagePart(url, typeof detail === 'string' ? { detail } : {})
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
