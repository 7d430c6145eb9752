import { parseDataUrl } from '../../../lib/data-url.ts'
import { isObject, type JsonObject } from '../../../lib/json.ts'
import { readContentParts } from '../canonical/field-checks.ts'
import { CodecRefusal } from '../codec.ts'

export interface MessageContent {
  readonly text: string
  /** Base64 without a `data:` prefix; sounds for models that can hear travel among them. */
  readonly images: readonly string[]
}

type Part = { readonly kind: 'text' | 'image'; readonly value: string }

/**
 * A message's content -> one text, parts joined by line feeds, and its images apart: Ollama knows no order among them,
 * nor an image's `detail`. `path` is the content's own.
 */
export function encodeContent(content: unknown, path: string): MessageContent {
  if (typeof content === 'string') return { text: content, images: [] }
  const parts = readContentParts(content, path, encodePart)
  const valuesOf = (wanted: Part['kind']) => parts.filter(({ kind }) => kind === wanted).map(({ value }) => value)
  return { text: valuesOf('text').join('\n'), images: valuesOf('image') }
}

function encodePart(part: unknown, path: string): Part {
  const { type, text, refusal, image_url: image, input_audio: audio }: JsonObject = isObject(part) ? part : {}
  if (type === 'text' && typeof text === 'string') return { kind: 'text', value: text }
  if (type === 'refusal' && typeof refusal === 'string') return { kind: 'text', value: refusal }
  if (type === 'image_url') return { kind: 'image', value: bareBase64(isObject(image) ? image['url'] : image, path) }
  if (type === 'input_audio' && isObject(audio) && typeof audio['data'] === 'string') return { kind: 'image', value: audio['data'] }
  throw new CodecRefusal(path, 'Ollama reads texts, images and sounds only')
}

/** Ollama decodes the string as it stands: with the prefix it is no base64, and an address it would not fetch. */
function bareBase64(url: unknown, path: string): string {
  if (typeof url !== 'string') throw new CodecRefusal(path, 'An image must have a "url"')
  const parsed = parseDataUrl(url)
  if (parsed?.isBase64 !== true) throw new CodecRefusal(path, 'An image must be a data URL in base64')
  return parsed.content
}
