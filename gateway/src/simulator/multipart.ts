/** One part of a multipart form, in the order sent. */
export interface Part {
  readonly name: string
  readonly filename: string | undefined
  readonly contentType: string | undefined
  readonly bytes: Buffer
}

const HEAD_END = Buffer.from('\r\n\r\n')

/** Parses a whole multipart body. Returns undefined when the boundary is missing or the body is cut before its closing boundary. */
export function parseMultipart(contentType: string, body: Buffer): readonly Part[] | undefined {
  const found = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  const boundary = found?.[1] ?? found?.[2]
  if (boundary === undefined) return undefined
  const delimiter = Buffer.from(`--${boundary}`)
  const separator = Buffer.from(`\r\n--${boundary}`)
  const parts: Part[] = []
  let at = body.indexOf(delimiter)
  if (at < 0) return undefined
  at += delimiter.length
  while (body.toString('latin1', at, at + 2) !== '--') {
    const headEnd = body.indexOf(HEAD_END, at)
    // A part without headers or body puts the delimiter right behind its empty head.
    const end = headEnd < 0 ? -1 : body.indexOf(separator, headEnd + 2)
    if (headEnd < 0 || end < 0) return undefined
    parts.push(partOf(body.toString('utf8', at, headEnd), body.subarray(headEnd + HEAD_END.length, end)))
    at = end + separator.length
  }
  return parts
}

function partOf(head: string, bytes: Buffer): Part {
  const headers = new Map(head.split('\r\n').map((line) => [line.slice(0, line.indexOf(':')).trim().toLowerCase(), line] as const))
  const disposition = headers.get('content-disposition') ?? ''
  const type = headers.get('content-type')
  return {
    name: /[;\s]name="([^"]*)"/i.exec(disposition)?.[1] ?? '',
    filename: /filename="([^"]*)"/i.exec(disposition)?.[1],
    contentType: type?.slice(type.indexOf(':') + 1).trim(),
    bytes,
  }
}

/** The last value of a text field, as most servers read it. */
export function formField(parts: readonly Part[], name: string): string | undefined {
  return parts.findLast((part) => part.name === name && part.filename === undefined)?.bytes.toString('utf8')
}
