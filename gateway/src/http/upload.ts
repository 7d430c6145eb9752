import { randomUUID } from 'node:crypto'
import { open, unlink, type FileHandle } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Upload } from '../endpoints/call.ts'
import { modelOf } from '../endpoints/parse-json-call.ts'
import { ClientGone } from '../errors/client-gone.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { createMultipartScanner, MultipartError, REPLACED, type MultipartScanner, type Piece } from '../lib/multipart-scanner.ts'
import { tooLarge } from './read-body.ts'

/** What is kept of an upload in memory for a second attempt; a longer one is sent once. */
const KEPT_BYTES = 1024 ** 2
const READ_BYTES = 64 * 1024
/** Fields of which there may be one: twice, and the gateway and the backend could read different ones. */
const UNIQUE: ReadonlySet<string> = new Set([
  'model',
  'file',
  'mask',
  'prompt',
  'language',
  'response_format',
  'temperature',
  'stream',
  'n',
  'size',
])

/** Pieces on disk: what came before the model's name was known and did not fit into memory. */
interface Spooled {
  readonly from: number
  readonly length: number
}
type Entry = Piece | Spooled

export interface UploadOptions {
  readonly request: IncomingMessage
  readonly contentType: string
  readonly boundary: string
  readonly limitBytes: number
}

/**
 * A multipart body that goes on to the backend while it arrives. Where the model's name comes late, what precedes it
 * waits: up to KEPT_BYTES in memory, more in a temporary file. Call `close` when the request has ended.
 */
export class StreamedUpload implements Upload {
  readonly contentType: string
  readonly #scanner: MultipartScanner
  readonly #chunks: AsyncIterator<Buffer>
  readonly #options: UploadOptions
  #entries: (Entry | undefined)[] = []
  #keptBytes = 0
  #receivedBytes = 0
  #ended = false
  /** More has come than is kept: what is passed on from now on is gone. */
  #full = false
  #replayable = true
  #advancing: Promise<void> | undefined
  #spool: { readonly file: FileHandle; readonly path: string; length: number } | undefined

  constructor(options: UploadOptions) {
    this.#options = options
    this.contentType = options.contentType
    this.#scanner = createMultipartScanner({ boundary: options.boundary, replace: 'model', unique: UNIQUE })
    this.#chunks = options.request.iterator({ destroyOnReturn: false })
  }

  get fields(): ReadonlyMap<string, string> {
    return this.#scanner.fields
  }

  get receivedBytes(): number {
    return this.#receivedBytes
  }

  get replayable(): boolean {
    return this.#replayable
  }

  /** Reads on until the model's name is known, and returns it. Throws 400 when there is none. */
  async findModel(): Promise<string> {
    while (!this.fields.has('model') && !this.#ended) await this.#advance()
    return modelOf(this.fields.get('model'))
  }

  open(model: string): { body: AsyncIterable<Buffer>; length: number | undefined } {
    const declared = this.#options.request.headers['content-length']
    const replaced = this.#scanner.replacedBytes
    const length = declared === undefined || replaced === undefined ? undefined : Number(declared) - replaced + Buffer.byteLength(model)
    return { body: this.#body(Buffer.from(model)), length }
  }

  async close(): Promise<void> {
    const spool = this.#spool
    this.#spool = undefined
    this.#entries = []
    if (spool === undefined) return
    await spool.file.close().catch(() => {})
    await unlink(spool.path).catch(() => {})
  }

  /** Several attempts may read at the same time, one of them given up: all see the same list of entries. */
  async *#body(model: Buffer): AsyncGenerator<Buffer> {
    for (let index = 0; ; index += 1) {
      while (index >= this.#entries.length) {
        if (this.#ended) return
        await this.#advance()
      }
      const entry = this.#entries[index]
      if (this.#full && Buffer.isBuffer(entry)) {
        this.#entries[index] = undefined
        this.#replayable = false
      }
      if (entry === REPLACED) yield model
      else if (Buffer.isBuffer(entry)) yield entry
      else if (entry !== undefined) yield* this.#readSpool(entry)
    }
  }

  #advance(): Promise<void> {
    this.#advancing ??= this.#readOn().finally(() => {
      this.#advancing = undefined
    })
    return this.#advancing
  }

  async #readOn(): Promise<void> {
    const next = await this.#chunks.next().catch(() => {
      throw new ClientGone()
    })
    if (next.done === true && !this.#options.request.complete) throw new ClientGone()
    try {
      if (next.done === true) {
        for (const piece of this.#scanner.end()) this.#keep(piece)
        this.#ended = true
        return
      }
      this.#receivedBytes += next.value.length
      if (this.#receivedBytes > this.#options.limitBytes) throw tooLarge(this.#options.limitBytes)
      for (const piece of this.#scanner.push(next.value)) {
        if (piece !== REPLACED && this.#mustSpool(piece)) await this.#writeSpool(piece)
        else this.#keep(piece)
      }
    } catch (error) {
      throw error instanceof MultipartError ? toBadRequest(error) : error
    }
  }

  #mustSpool(piece: Buffer): boolean {
    return !this.fields.has('model') && this.#keptBytes + piece.length > KEPT_BYTES
  }

  #keep(piece: Piece): void {
    this.#entries.push(piece)
    if (piece === REPLACED) return
    this.#keptBytes += piece.length
    if (this.#keptBytes > KEPT_BYTES) this.#full = true
  }

  async #writeSpool(bytes: Buffer): Promise<void> {
    if (this.#spool === undefined) {
      const path = join(tmpdir(), `jairouter-upload-${randomUUID()}`)
      this.#spool = { file: await open(path, 'wx+', 0o600), path, length: 0 }
    }
    const spool = this.#spool
    // FileHandle.writeFile goes on until every byte is out; a plain write may be short on a full disk.
    await spool.file.writeFile(bytes)
    this.#entries.push({ from: spool.length, length: bytes.length })
    spool.length += bytes.length
  }

  async *#readSpool({ from, length }: Spooled): AsyncGenerator<Buffer> {
    for (let done = 0; done < length;) {
      const spool = this.#spool
      if (spool === undefined) throw new ClientGone()
      const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, length - done))
      const { bytesRead } = await spool.file.read(buffer, 0, buffer.length, from + done)
      if (bytesRead === 0) throw new Error('The spooled upload is shorter than what was written to it')
      done += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  }
}

function toBadRequest({ message, field }: MultipartError): GatewayError {
  if (field === undefined) return new GatewayError('invalid_request', message)
  return new GatewayError(message.includes('twice') ? 'duplicate_field' : 'invalid_field', message, { param: field })
}
