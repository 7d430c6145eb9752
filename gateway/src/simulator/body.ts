import type { IncomingMessage } from 'node:http'

const NOTHING = Buffer.alloc(0)
const MAXIMUM_BYTES = 256 * 1_024 ** 2

/** Reads a request to its end; undefined when it is too large. Never calls back when the client leaves first. */
export function collectBody(request: IncomingMessage, whenWhole: (body: Buffer | undefined) => void): void {
  let first: Buffer = NOTHING
  let chunks: Buffer[] | undefined
  let length = 0
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > MAXIMUM_BYTES) return
    if (length === chunk.length) first = chunk
    else (chunks ??= [first]).push(chunk)
  })
  request.on('end', () => whenWhole(length > MAXIMUM_BYTES ? undefined : chunks === undefined ? first : Buffer.concat(chunks, length)))
  request.on('error', () => undefined)
}
