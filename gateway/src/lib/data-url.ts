/** A `data:` URL (RFC 2397) in its parts. */
export interface DataUrl {
  /** In lower case, without parameters; empty where the URL says none. */
  readonly mediaType: string
  /** Else it is text with percent signs. */
  readonly isBase64: boolean
  /** As it stands in the URL. */
  readonly content: string
}

const SCHEME = 'data:'
/** The header is short: an image of megabytes is not searched for a comma that it may not have. */
const MAXIMUM_HEADER = 256

/** Undefined for what is no data URL. */
export function parseDataUrl(url: string): DataUrl | undefined {
  if (!isDataUrl(url)) return undefined
  const comma = url.slice(0, MAXIMUM_HEADER).indexOf(',')
  if (comma < 0) return undefined
  const [mediaType = '', ...parameters] = url.slice(SCHEME.length, comma).toLowerCase().split(';')
  return { mediaType: mediaType.trim(), isBase64: parameters.at(-1)?.trim() === 'base64', content: url.slice(comma + 1) }
}

export function isDataUrl(url: string): boolean {
  return url.slice(0, SCHEME.length).toLowerCase() === SCHEME
}

/** Its content in base64, however it was written; undefined for percent signs that make no sense. */
export function base64Of({ isBase64, content }: DataUrl): string | undefined {
  if (isBase64) return content
  try {
    return Buffer.from(decodeURIComponent(content)).toString('base64')
  } catch {
    return undefined
  }
}

export function toDataUrl(mediaType: string, base64: string): string {
  return `${SCHEME}${mediaType};base64,${base64}`
}
