/** The content of a `data:` URL in base64. */
export interface DataUrl {
  /** In lower case, without parameters. */
  readonly mediaType: string
  readonly data: string
}

/** The header of a data URL is short: an image of megabytes is not searched for a comma that it may not have. */
const MAXIMUM_HEADER = 256

/** Undefined for what is no data URL, or one that is not in base64. */
export function parseDataUrl(url: string): DataUrl | undefined {
  if (!isDataUrl(url)) return undefined
  const comma = url.slice(0, MAXIMUM_HEADER).indexOf(',')
  if (comma < 0) return undefined
  const [mediaType = '', ...parameters] = url.slice('data:'.length, comma).toLowerCase().split(';')
  if (parameters.at(-1)?.trim() !== 'base64') return undefined
  return { mediaType: mediaType.trim(), data: url.slice(comma + 1) }
}

export function isDataUrl(url: string): boolean {
  return url.slice(0, 'data:'.length).toLowerCase() === 'data:'
}
