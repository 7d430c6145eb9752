import type { IncomingMessage, ServerResponse } from 'node:http'
import { ClientGone } from '../errors/client-gone.ts'
import { GatewayError } from '../errors/gateway-error.ts'

/** Checks what can be told from the headers, before a byte of the body is asked for. Throws 413, 415. */
export function checkBodyHeaders(request: IncomingMessage, limitBytes: number): void {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GatewayError('unsupported_media_type', 'Compressed request bodies are not supported (header "content-encoding")')
  }
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes)
}

/** A client that sent `Expect: 100-continue` holds its body back until it is told that it is wanted. */
export function continueIfExpected(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
}

export function tooLarge(limitBytes: number): GatewayError {
  return new GatewayError('request_too_large', `The request body is larger than ${limitBytes} bytes (setting "server.bodyLimit")`)
}

/** The whole body. Throws 413 at the first byte beyond the limit, ClientGone when the client leaves before the end. */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const stop = (error: Error) => {
      request.off('data', onData)
      request.pause()
      reject(error)
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > limitBytes) stop(tooLarge(limitBytes))
      else chunks.push(chunk)
    }
    request.on('data', onData)
    request.on('end', () => {
      const [only] = chunks
      resolve(only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, size))
    })
    request.on('error', () => stop(new ClientGone()))
    request.on('close', () => {
      if (!request.complete) stop(new ClientGone())
    })
  })
}
