/** Stands in the output where the value of the part that is to be replaced was. */
export const REPLACED = Symbol('replaced')

export type Piece = Buffer | typeof REPLACED

export class MultipartError extends Error {
  readonly field: string | undefined
  constructor(message: string, field?: string) {
    super(message)
    this.field = field
  }
}

export interface MultipartScanner {
  /** The bytes to pass on, with the replaced part's value left out. Throws MultipartError. */
  push(chunk: Buffer): Piece[]
  /** Throws MultipartError unless the closing boundary was seen. */
  end(): Piece[]
  /** Values of the parts without a file name seen so far, the replaced one included. */
  readonly fields: ReadonlyMap<string, string>
  /** Length of the replaced part's value in bytes, once it is known. */
  readonly replacedBytes: number | undefined
}

const MAXIMUM_HEADER_BYTES = 8 * 1024
const MAXIMUM_VALUE_BYTES = 1024
const MAXIMUM_FIELDS = 64
const HEADERS_END = Buffer.from('\r\n\r\n')
const EMPTY = Buffer.alloc(0)

interface Part {
  readonly name: string
  readonly isFile: boolean
  value: Buffer | undefined
}

/**
 * Reads a multipart body (RFC 7578, RFC 2046 5.1) while it passes: every byte goes on as it came but for the value of
 * one field, wherever among the parts it stands. Any cut of the bytes gives the same result. Nothing is held but a
 * part's headers, short values, and as many bytes as a boundary has.
 */
export function createMultipartScanner(options: { boundary: string; replace: string; unique: ReadonlySet<string> }): MultipartScanner {
  const delimiter = Buffer.from(`\r\n--${options.boundary}`)
  const fields = new Map<string, string>()
  const seen = new Set<string>()
  let state: 'body' | 'delimiter' | 'headers' | 'epilogue' = 'body'
  let part: Part | undefined
  // The first boundary has no line break before it: one is put in front, and left out of what is passed on.
  let rest: Buffer = Buffer.from('\r\n')
  let borrowed = 2
  let replacedBytes: number | undefined
  let out: Piece[] = []

  function emit(bytes: Buffer): void {
    const own = bytes.subarray(Math.min(borrowed, bytes.length))
    borrowed -= Math.min(borrowed, bytes.length)
    if (own.length > 0) out.push(own)
  }

  /** Each step consumes something and says so, or waits for more bytes. */
  function step(): boolean {
    if (state === 'epilogue') return take(rest.length)
    if (state === 'body') return stepBody()
    return state === 'delimiter' ? stepDelimiter() : stepHeaders()
  }

  function take(length: number): boolean {
    if (length === 0) return false
    emit(rest.subarray(0, length))
    rest = rest.subarray(length)
    return true
  }

  function stepBody(): boolean {
    const at = rest.indexOf(delimiter)
    const content = rest.subarray(0, at >= 0 ? at : Math.max(0, rest.length - delimiter.length + 1))
    if (content.length === 0 && at < 0) return false
    if (part?.value !== undefined) hold(part, content)
    if (part?.name === options.replace) rest = rest.subarray(content.length)
    else if (content.length > 0) take(content.length)
    if (at < 0) return false
    finishPart()
    take(delimiter.length)
    state = 'delimiter'
    return true
  }

  function stepDelimiter(): boolean {
    if (rest.length < 2) return false
    if (rest[0] === 0x2d && rest[1] === 0x2d) {
      state = 'epilogue'
      return true
    }
    const lineEnd = rest.indexOf('\r\n')
    if (lineEnd < 0) {
      if (rest.length > 256) throw new MultipartError('The multipart body is malformed: text after a boundary')
      return false
    }
    // Its CRLF stays: with no headers at all it is the first half of the blank line.
    take(lineEnd)
    state = 'headers'
    return true
  }

  function stepHeaders(): boolean {
    const end = rest.indexOf(HEADERS_END)
    if (end > MAXIMUM_HEADER_BYTES || (end < 0 && rest.length > MAXIMUM_HEADER_BYTES))
      throw new MultipartError('The headers of a multipart part are too long')
    if (end < 0) return false
    beginPart(rest.toString('utf8', 0, end))
    take(end + HEADERS_END.length)
    state = 'body'
    return true
  }

  function beginPart(headers: string): void {
    const disposition = /(?:^|\r\n)content-disposition:([^\r\n]*)/i.exec(headers)?.[1] ?? ''
    const name = parameter(disposition, 'name')
    if (name === undefined) throw new MultipartError('A multipart part has no name')
    if (seen.has(name) && (options.unique.has(name) || name === options.replace))
      throw new MultipartError(`The field "${name}" stands in the body twice`, name)
    seen.add(name)
    const isFile = /;\s*filename\*?=/i.test(disposition)
    if (isFile && name === options.replace) throw new MultipartError(`The field "${name}" must be text, not a file`, name)
    part = { name, isFile, value: isFile || fields.size >= MAXIMUM_FIELDS ? undefined : EMPTY }
    if (name === options.replace) part.value = EMPTY
  }

  function hold(current: Part, content: Buffer): void {
    const value = Buffer.concat([current.value ?? EMPTY, content])
    if (value.length <= MAXIMUM_VALUE_BYTES) current.value = value
    else if (current.name === options.replace) throw new MultipartError(`The field "${current.name}" is too long`, current.name)
    else current.value = undefined
  }

  function finishPart(): void {
    if (part?.value !== undefined) {
      fields.set(part.name, part.value.toString('utf8'))
      if (part.name === options.replace) {
        replacedBytes = part.value.length
        out.push(REPLACED)
      }
    }
    part = undefined
  }

  return {
    fields,
    get replacedBytes() {
      return replacedBytes
    },
    push(chunk) {
      out = []
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      while (step());
      return out
    },
    end() {
      if (state !== 'epilogue') throw new MultipartError('The multipart body ends before its closing boundary')
      out = []
      take(rest.length)
      return out
    },
  }
}

function parameter(disposition: string, name: string): string | undefined {
  const quoted = new RegExp(`;\\s*${name}="((?:[^"\\\\]|\\\\.)*)"`, 'i').exec(disposition)?.[1]
  if (quoted !== undefined) return quoted.replaceAll(/\\(.)/g, '$1').replaceAll('%22', '"')
  return new RegExp(`;\\s*${name}=([^\\s;"]+)`, 'i').exec(disposition)?.[1]
}

/** The boundary of a `multipart/form-data` content type; undefined when it is another type or has none. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) return undefined
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  return match?.[1] ?? match?.[2]
}
