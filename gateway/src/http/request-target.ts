import { ENDPOINT_DEFINITIONS } from '../endpoints/definitions.ts'

/** Longer request targets get 414. */
export const MAXIMUM_TARGET_BYTES = 8 * 1024

/**
 * Why a request is ambiguous: read in one way by us and in another by whatever stands before or behind us. Such
 * requests are refused whole; undefined for all others. Node's parser has refused the rest (doubled lengths, folded
 * headers, bare line feeds) before this is asked.
 */
export function ambiguityOf(request: {
  readonly url: string
  readonly httpVersion: string
  readonly rawHeaders: readonly string[]
}): string | undefined {
  const { url, httpVersion, rawHeaders } = request
  return (PLAIN_TARGETS.has(url) ? undefined : ambiguousTarget(url)) ?? ambiguousHeaders(rawHeaders, httpVersion)
}

/** Nearly every request is for one of these; they need no looking at. */
const PLAIN_TARGETS: ReadonlySet<string> = new Set(ENDPOINT_DEFINITIONS.flatMap(({ paths }) => paths))

function ambiguousTarget(url: string): string | undefined {
  if (url[0] !== '/') return 'the request target must be a path'
  const end = url.search(/[?#]/)
  const path = end < 0 ? url : url.slice(0, end)
  if (path.includes('//')) return 'the path has an empty segment'
  if (/\/\.{1,2}(\/|$)/.test(path)) return 'the path has a dot segment'
  if (path.includes('\\') || path.includes('%')) {
    // The ids of models and instances may hold slashes, and clients encode them; nowhere else is there a reason to.
    const encoded =
      path.startsWith('/v1/models/') || path.startsWith('/admin/api/')
        ? /\\|%(2e|5c|00|25)|%2f(%2f|\.{1,2}(%2f|\/|$))/i
        : /\\|%(2e|2f|5c|00|25)/i
    if (encoded.test(path)) return 'the path has an encoded separator or dot'
  }
  return undefined
}

const SINGLE: ReadonlySet<string> = new Set(['host', 'authorization', 'x-api-key', 'api-key', 'content-type'])

function ambiguousHeaders(rawHeaders: readonly string[], httpVersion: string): string | undefined {
  // Without a version Node's parser takes HTTP/0.9, and reads headers that such a request can't have.
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 'the request names no version of HTTP'
  let seen: Set<string> | undefined
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const raw = rawHeaders[index] ?? ''
    // Names of these lengths only: the loop runs for each header of each request.
    if (raw.length !== 4 && raw.length !== 13 && raw.length !== 9 && raw.length !== 7 && raw.length !== 12 && raw.length !== 17) continue
    const name = raw.toLowerCase()
    if (name === 'transfer-encoding') {
      if (httpVersion === '1.0') return 'HTTP/1.0 has no transfer-encoding'
      if (rawHeaders[index + 1]?.toLowerCase() !== 'chunked') return 'the only transfer-encoding is chunked'
    } else if (SINGLE.has(name)) {
      seen ??= new Set()
      if (seen.has(name)) return `the header ${name} stands in the request twice`
      seen.add(name)
    }
  }
  return undefined
}
