import type { ServerResponse } from 'node:http'
import type { AnswerHeaders, ClientPort } from '../relay/client-port.ts'

export interface ClientReplyOptions {
  readonly response: ServerResponse
  readonly address: string
  readonly headers: ClientPort['headers']
  readonly requestId: string
  /** The connection is to end after this answer: the gateway is stopping. */
  readonly closing: () => boolean
}

/** The client's side of a relayed request, straight on Node's response: a framework's serialisation has no part in it. */
export function createClientReply(options: ClientReplyOptions): ClientPort {
  const { response } = options

  function head(headers: AnswerHeaders): AnswerHeaders {
    headers['x-request-id'] = options.requestId
    // Bytes of the request that were not read would be taken for the next request.
    if (options.closing() || !response.req.complete) headers['connection'] = 'close'
    return headers
  }

  return {
    address: options.address,
    headers: options.headers,
    get started() {
      return response.headersSent
    },
    send(status, headers, body) {
      if (response.destroyed) return
      response.writeHead(status, head({ ...headers, 'content-length': String(body.length) }))
      response.end(body)
    },
    start(status, headers) {
      if (!response.destroyed) response.writeHead(status, head(headers))
    },
    write(piece) {
      if (response.destroyed || response.write(piece)) return undefined
      return drained(response)
    },
    end() {
      if (!response.destroyed) response.end()
    },
    cut() {
      response.destroy()
    },
  }
}

/** Waiting for `drain` alone would wait for ever when the client leaves. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}
