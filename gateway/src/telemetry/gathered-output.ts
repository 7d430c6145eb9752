import { write, writeSync } from 'node:fs'
import type { DestinationStream } from 'pino'

/** Lines are gathered up to this size, or for this long: a system call for each costs more than all else that logging does. */
const GATHERED_BYTES = 64 * 1024
const GATHERED_MS = 100
/** What may wait for an output that takes nothing, such as a full pipe; what comes beyond that is lost, and counted. */
const MAXIMUM_WAITING_BYTES = 16 * 1024 ** 2
const RETRY_MS = 50
const MOST_SYNC_TRIES = 1_000

/**
 * Writes lines to a file descriptor in large pieces, off the event loop. A line is encoded at once: as a string it would
 * be a tree of its parts, which the garbage collector copies until the piece is full.
 */
export class GatheredOutput implements DestinationStream {
  readonly #descriptor: number
  #gathering: Buffer = Buffer.allocUnsafe(GATHERED_BYTES)
  /** One that was written out, to be filled again: a fresh one each time would press the garbage collector. */
  #spare: Buffer | undefined
  #gathered = 0
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #writing = false
  #lostBytes = 0
  #timer: NodeJS.Timeout | undefined

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  write(line: string): void {
    // A UTF-16 unit has three bytes in UTF-8 at the most.
    const most = line.length * 3
    if (most > GATHERED_BYTES - this.#gathered) this.#pass()
    if (most > GATHERED_BYTES) this.#wait(Buffer.from(line))
    else this.#gathered += this.#gathering.write(line, this.#gathered)
    this.#timer ??= setTimeout(() => this.#pass(), GATHERED_MS).unref()
  }

  /** Writes out all that there is, for the end of the process; a piece that is under way may come twice, none is missed. */
  flushSync(): void {
    // Not to be written in the background as well.
    this.#writing = true
    this.#pass()
    const pieces = this.#waiting.splice(0)
    this.#waitingBytes = 0
    this.#writing = false
    for (const piece of pieces) if (!this.#writeWhole(piece)) return
  }

  /** False where the output takes nothing any more. */
  #writeWhole(piece: Buffer): boolean {
    let offset = 0
    for (let tries = 0; tries < MOST_SYNC_TRIES && offset < piece.length; tries += 1) {
      try {
        offset += writeSync(this.#descriptor, piece, offset)
      } catch (error) {
        if (!isBusy(error)) return false
      }
    }
    return offset === piece.length
  }

  /** Hands over what was gathered. */
  #pass(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#gathered === 0) return
    const piece = this.#gathering.subarray(0, this.#gathered)
    this.#gathering = this.#spare ?? Buffer.allocUnsafe(GATHERED_BYTES)
    this.#spare = undefined
    this.#gathered = 0
    this.#wait(piece)
  }

  #wait(piece: Buffer): void {
    if (this.#waitingBytes + piece.length > MAXIMUM_WAITING_BYTES) {
      this.#lostBytes += piece.length
      return
    }
    this.#waiting.push(piece)
    this.#waitingBytes += piece.length
    if (!this.#writing) this.#writeNext()
  }

  #writeNext(): void {
    const piece = this.#waiting[0]
    this.#writing = piece !== undefined
    if (piece === undefined) return
    write(this.#descriptor, piece, 0, piece.length, null, (error, written) => {
      if (isBusy(error)) {
        setTimeout(() => this.#writeNext(), RETRY_MS).unref()
        return
      }
      // An output that is gone (EPIPE) must not take the gateway with it.
      this.#taken(piece, error === null ? written : piece.length)
      this.#writeNext()
    })
  }

  #taken(piece: Buffer, bytes: number): void {
    // Another is first when flushSync came between.
    if (this.#waiting[0] !== piece) return
    this.#waitingBytes -= bytes
    if (bytes < piece.length) this.#waiting[0] = piece.subarray(bytes)
    else {
      this.#waiting.shift()
      if (piece.buffer.byteLength === GATHERED_BYTES) this.#spare = Buffer.from(piece.buffer)
    }
    if (this.#lostBytes === 0 || this.#waiting.length > 0) return
    const line = { level: 40, time: new Date().toISOString(), lostBytes: this.#lostBytes, msg: 'log lines were lost' }
    this.#lostBytes = 0
    this.write(`${JSON.stringify(line)}\n`)
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN'
}
