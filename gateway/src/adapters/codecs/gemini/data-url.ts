/** Header of a data URL; a longer one is none, so that megabytes of an image are not searched. */
const MAXIMUM_HEADER = 256

/** `inlineData` of Gemini. */
export interface InlineData {
  readonly mimeType: string
  readonly data: string
}

/** A `data:` URL → its media type (lower case, no parameters) and base64 content; undefined for anything else (RFC 2397). */
export function parseDataUrl(url: string): InlineData | undefined {
  if (url.slice(0, 5).toLowerCase() !== 'data:') return undefined
  const comma = url.slice(0, MAXIMUM_HEADER).indexOf(',')
  if (comma < 0) return undefined
  const [type = '', ...parameters] = url.slice(5, comma).toLowerCase().split(';')
  const mimeType = type.trim()
  if (mimeType === '') return undefined
  const content = url.slice(comma + 1)
  if (parameters.at(-1)?.trim() === 'base64') return { mimeType, data: content }
  const plain = decoded(content)
  return plain === undefined ? undefined : { mimeType, data: Buffer.from(plain).toString('base64') }
}

function decoded(content: string): string | undefined {
  try {
    return decodeURIComponent(content)
  } catch {
    return undefined
  }
}
