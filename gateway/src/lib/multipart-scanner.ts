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
const DASH = 0x2d
/** White space that RFC 2046 allows after a boundary; more than this is none. */
const MAXIMUM_PADDING_BYTES = 256

/** Writes the value of one part anew while it passes. */
export interface PartRewrite {
  push(bytes: Buffer): Buffer
  end(): Buffer
}

interface Part {
  readonly name: string
  readonly rewrite: PartRewrite | undefined
  /** Undefined for files and for what is too long: their bytes only pass. */
  value: Buffer | undefined
}

export interface MultipartOptions {
  readonly boundary: string
  /** Name of the field whose value is replaced. */
  readonly replace: string
  /** Fields that may stand in the body only once; `replace` always is one of them. */
  readonly unique: ReadonlySet<string>
  /** For each part without a file name; undefined where its value is to pass as it is. */
  readonly rewrite?: (name: string) => PartRewrite | undefined
}

export function createMultipartScanner(options: MultipartOptions): MultipartScanner {
  return new Scanner(options)
}

/**
 * Reads a multipart body (RFC 7578, RFC 2046 5.1) while it passes: every byte goes on as it came but for the value of
 * one field, wherever among the parts it stands. Any cut of the bytes gives the same result. Nothing is held but a
 * part's headers, short values, and as many bytes as a boundary has.
 */
class Scanner implements MultipartScanner {
  readonly fields = new Map<string, string>()
  replacedBytes: number | undefined
  readonly #options: MultipartOptions
  readonly #delimiter: Buffer
  readonly #seen = new Set<string>()
  #state: 'body' | 'delimiter' | 'headers' | 'epilogue' = 'body'
  #part: Part | undefined
  // The first boundary has no line break before it: one is put in front, and left out of what is passed on.
  #rest: Buffer = Buffer.from('\r\n')
  #borrowed = 2
  #out: Piece[] = []

  constructor(options: MultipartOptions) {
    this.#options = options
    this.#delimiter = Buffer.from(`\r\n--${options.boundary}`)
  }

  push(chunk: Buffer): Piece[] {
    this.#out = []
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (this.#step());
    return this.#out
  }

  end(): Piece[] {
    if (this.#state !== 'epilogue') throw new MultipartError('The multipart body ends before its closing boundary')
    this.#out = []
    this.#take(this.#rest.length)
    return this.#out
  }

  /** Consumes something and says so, or waits for more bytes. */
  #step(): boolean {
    switch (this.#state) {
      case 'body':
        return this.#stepBody()
      case 'delimiter':
        return this.#stepDelimiter()
      case 'headers':
        return this.#stepHeaders()
      case 'epilogue':
        return this.#take(this.#rest.length)
    }
  }

  #take(length: number): boolean {
    if (length === 0) return false
    const own = this.#rest.subarray(Math.min(this.#borrowed, length), length)
    this.#borrowed -= Math.min(this.#borrowed, length)
    if (own.length > 0) this.#out.push(own)
    this.#rest = this.#rest.subarray(length)
    return true
  }

  #stepBody(): boolean {
    const at = this.#rest.indexOf(this.#delimiter)
    const length = at >= 0 ? at : Math.max(0, this.#rest.length - this.#delimiter.length + 1)
    if (length === 0 && at < 0) return false
    if (this.#part?.value !== undefined) this.#hold(this.#part, this.#rest.subarray(0, length))
    const rewrite = this.#part?.rewrite
    if (rewrite !== undefined) this.#out.push(rewrite.push(this.#rest.subarray(0, length)))
    if (rewrite !== undefined || this.#part?.name === this.#options.replace) this.#rest = this.#rest.subarray(length)
    else this.#take(length)
    if (at < 0) return false
    if (rewrite !== undefined) this.#out.push(rewrite.end())
    this.#finishPart()
    this.#take(this.#delimiter.length)
    this.#state = 'delimiter'
    return true
  }

  #stepDelimiter(): boolean {
    if (this.#rest.length < 2) return false
    if (this.#rest[0] === DASH && this.#rest[1] === DASH) {
      this.#state = 'epilogue'
      return true
    }
    const lineEnd = this.#rest.indexOf('\r\n')
    if (lineEnd < 0) {
      if (this.#rest.length > MAXIMUM_PADDING_BYTES) throw new MultipartError('The multipart body is malformed: text after a boundary')
      return false
    }
    // Its CRLF stays: with no headers at all it is the first half of the blank line.
    this.#take(lineEnd)
    this.#state = 'headers'
    return true
  }

  #stepHeaders(): boolean {
    const end = this.#rest.indexOf(HEADERS_END)
    if ((end < 0 ? this.#rest.length : end) > MAXIMUM_HEADER_BYTES) throw new MultipartError('The headers of a multipart part are too long')
    if (end < 0) return false
    this.#beginPart(this.#rest.toString('utf8', 0, end))
    this.#take(end + HEADERS_END.length)
    this.#state = 'body'
    return true
  }

  #beginPart(headers: string): void {
    const { replace, unique } = this.#options
    const disposition = /(?:^|\r\n)content-disposition:([^\r\n]*)/i.exec(headers)?.[1] ?? ''
    const name = parameter(disposition, 'name')
    if (name === undefined) throw new MultipartError('A multipart part has no name')
    if (this.#seen.has(name) && (unique.has(name) || name === replace)) {
      throw new MultipartError(`The field "${name}" stands in the body twice`, name)
    }
    this.#seen.add(name)
    const isFile = /;\s*filename\*?=/i.test(disposition)
    if (isFile && name === replace) throw new MultipartError(`The field "${name}" must be text, not a file`, name)
    const held = name === replace || (!isFile && this.fields.size < MAXIMUM_FIELDS)
    this.#part = { name, rewrite: isFile ? undefined : this.#options.rewrite?.(name), value: held ? EMPTY : undefined }
  }

  #hold(part: Part, content: Buffer): void {
    const value = Buffer.concat([part.value ?? EMPTY, content])
    if (value.length <= MAXIMUM_VALUE_BYTES) part.value = value
    else if (part.name === this.#options.replace) throw new MultipartError(`The field "${part.name}" is too long`, part.name)
    else part.value = undefined
  }

  #finishPart(): void {
    const part = this.#part
    this.#part = undefined
    if (part?.value === undefined) return
    this.fields.set(part.name, part.value.toString('utf8'))
    if (part.name !== this.#options.replace) return
    this.replacedBytes = part.value.length
    this.#out.push(REPLACED)
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
