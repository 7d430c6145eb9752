import { isDataUrl, parseDataUrl } from '../../../lib/data-url.ts'
import { isAbsent, isObject, textOf, type JsonObject } from '../../../lib/json.ts'
import { readContentParts } from '../canonical/field-checks.ts'
import { CodecRefusal } from '../codec.ts'

const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])
/** Blocks of Anthropic's own that a client may write among OpenAI's parts: they go as they are. */
const OWN_BLOCKS: ReadonlySet<unknown> = new Set(['image', 'document', 'search_result'])

/**
 * A message's `content` (a text, a list of parts, or null) as blocks. Blank texts are left out: Anthropic refuses them.
 * `cache_control` on a part stays. An image's `detail` has no equal and is dropped.
 */
export function contentBlocks(content: unknown, param: string): JsonObject[] {
  if (isAbsent(content)) return []
  if (typeof content === 'string') return textBlocks(content)
  return readContentParts(content, param, partBlocks).flat()
}

/** The same where only text can stand. */
export function textOnlyBlocks(content: unknown, param: string): JsonObject[] {
  const blocks = contentBlocks(content, param)
  if (!blocks.every((block) => block['type'] === 'text')) {
    throw new CodecRefusal(param, 'Only text can stand in this message at this backend')
  }
  return blocks
}

function partBlocks(part: unknown, param: string): JsonObject[] {
  if (typeof part === 'string') return textBlocks(part)
  if (!isObject(part)) throw new CodecRefusal(param, 'A part of the content must be an object')
  const type = part['type']
  if (OWN_BLOCKS.has(type)) return [part]
  return withCacheControl(openAiPartBlocks(part, param), part)
}

function openAiPartBlocks(part: JsonObject, param: string): JsonObject[] {
  switch (part['type']) {
    case 'text':
      return textBlocks(part['text'], `${param}.text`)
    case 'refusal':
      return textBlocks(part['refusal'], `${param}.refusal`)
    case 'image_url':
      return [imageBlock(part['image_url'], `${param}.image_url`)]
    case 'file':
      return [documentBlock(part['file'], `${param}.file`)]
    default:
      throw new CodecRefusal(param, `Parts of type ${String(part['type'])} can't be sent to this backend`)
  }
}

/** The mark by which clients of Anthropic's caching end a prefix; on the last block of what carries it. */
export function withCacheControl(blocks: JsonObject[], carrier: JsonObject): JsonObject[] {
  const mark = carrier['cache_control']
  const last = blocks.at(-1)
  if (!isObject(mark) || last === undefined) return blocks
  return [...blocks.slice(0, -1), { ...last, cache_control: mark }]
}

function textBlocks(text: unknown, param = ''): JsonObject[] {
  if (typeof text !== 'string') throw new CodecRefusal(param, 'The text of a part must be a string')
  return text.trim() === '' ? [] : [{ type: 'text', text }]
}

/** An `image_url` is an object with `url`; Mistral's clients write the URL itself. */
function imageBlock(image: unknown, param: string): JsonObject {
  const url = isObject(image) ? image['url'] : image
  const where = isObject(image) ? `${param}.url` : param
  if (typeof url !== 'string') throw new CodecRefusal(where, 'The URL of an image must be a string')
  if (!isDataUrl(url)) {
    if (!/^https?:\/\//i.test(url)) throw new CodecRefusal(where, 'An image must be a data URL or an http(s) address')
    return { type: 'image', source: { type: 'url', url } }
  }
  const parsed = parseDataUrl(url)
  if (parsed?.isBase64 !== true) throw new CodecRefusal(where, 'The data URL of an image must be in base64')
  // `image/jpg` is no registered type, but common.
  const mediaType = parsed.mediaType === 'image/jpg' ? 'image/jpeg' : parsed.mediaType
  if (!IMAGE_TYPES.has(mediaType)) throw new CodecRefusal(where, 'This backend takes images in JPEG, PNG, GIF and WebP')
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data: parsed.content } }
}

/** PDF and plain text; ids of files are those of another vendor's store. */
function documentBlock(file: unknown, param: string): JsonObject {
  if (!isObject(file)) throw new CodecRefusal(param, 'A file must be an object')
  if (typeof file['file_data'] !== 'string') {
    const where = file['file_id'] === undefined ? 'file_data' : 'file_id'
    throw new CodecRefusal(`${param}.${where}`, 'This backend takes files as data URLs in `file_data` only')
  }
  const parsed = parseDataUrl(file['file_data'])
  const source = parsed?.isBase64 === true ? documentSource(parsed.mediaType, parsed.content) : undefined
  if (source === undefined) throw new CodecRefusal(`${param}.file_data`, 'This backend takes PDF and plain text, as data URLs in base64')
  const title = textOf(file['filename'])
  return { type: 'document', source, ...(title === undefined ? {} : { title }) }
}

function documentSource(mediaType: string, data: string): JsonObject | undefined {
  if (mediaType === 'application/pdf') return { type: 'base64', media_type: mediaType, data }
  if (mediaType !== 'text/plain') return undefined
  return { type: 'text', media_type: mediaType, data: Buffer.from(data, 'base64').toString('utf8') }
}
