import type { ServerResponse } from 'node:http'
import type { AnswerHeaders, ClientPort } from '../relay/client-port.ts'
import { STREAM_HEADERS } from '../relay/deliver-stream.ts'

/** Asks for the decision, and tells it. */
export const EXPLAIN_HEADER = 'x-jairouter-explain'

export interface ClientReplyOptions {
  readonly response: ServerResponse
  readonly address: string
  readonly headers: ClientPort['headers']
  readonly requestId: string
  /** Headers beside `x-request-id` that bear it. */
  readonly idHeaders: readonly string[]
  /** The connection is to end after this answer: the gateway is stopping. */
  readonly closing: () => boolean
}

/**
 * The client's side of a relayed request, straight on Node's response: a framework's serialisation has no part in it.
 * A class, since one object literal with a getter per request gives each its own hidden class, which V8 keeps until
 * the next full collection together with the request.
 */
export class ClientReply implements ClientPort {
  readonly address: string
  readonly headers: ClientPort['headers']
  readonly #options: ClientReplyOptions
  readonly #response: ServerResponse
  /** What the client is to be told of the decision, when its answer begins. */
  decision: (() => string) | undefined = undefined
  #started = false
  /** The head of a stream has been sent for a heartbeat's sake. */
  #beating = false
  #written = 0

  constructor(options: ClientReplyOptions) {
    this.address = options.address
    this.headers = options.headers
    this.#options = options
    this.#response = options.response
  }

  get started(): boolean {
    return this.#started
  }

  get written(): number {
    return this.#written
  }

  send(status: number, headers: AnswerHeaders, body: Buffer | string): void {
    if (this.#beating) return this.#sendAsEvents(headers, body)
    headers['content-length'] = String(Buffer.byteLength(body))
    this.start(status, headers)
    if (!this.#response.destroyed) this.#response.end(body)
  }

  start(status: number, headers: AnswerHeaders): void {
    this.#started = true
    this.#written += 1
    if (!this.#beating) this.#sendHead(status, headers)
  }

  /** The head of a stream has gone out, and nothing of the answer. */
  get beating(): boolean {
    return this.#beating && !this.#started
  }

  beat(comment: string): void {
    this.beatWith(`: ${comment}\n\n`, STREAM_HEADERS)
  }

  /** With these bytes, and these headers if the stream is still to be begun. */
  beatWith(bytes: Buffer | string, headers: AnswerHeaders): void {
    if (this.#response.destroyed || this.#response.writableEnded || this.#response.writableNeedDrain) return
    if (!this.#started && !this.#beating) {
      this.#beating = true
      this.#sendHead(200, { ...headers })
    }
    this.#written += 1
    this.#response.write(bytes)
  }

  /** Ends a stream with its last bytes. */
  endWith(bytes: Buffer): void {
    this.#started = true
    if (!this.#response.destroyed) this.#response.end(bytes)
  }

  /** The status line has gone out with a heartbeat: a whole answer, or an error, becomes an event. */
  #sendAsEvents(headers: AnswerHeaders, body: Buffer | string): void {
    this.#started = true
    if (this.#response.destroyed) return
    const isStream = headers['content-type']?.startsWith('text/event-stream') === true
    this.#response.end(isStream ? body : `data: ${body.toString()}\n\n`)
  }

  #sendHead(status: number, headers: AnswerHeaders): void {
    if (this.#response.destroyed) return
    headers['x-request-id'] = this.#options.requestId
    if (this.decision !== undefined) headers[EXPLAIN_HEADER] = this.decision()
    for (const name of this.#options.idHeaders) headers[name] = this.#options.requestId
    // Bytes of the request that were not read would be taken for the next request.
    if (this.#options.closing() || !this.#response.req.complete) headers['connection'] = 'close'
    this.#response.writeHead(status, headers)
  }

  write(piece: Buffer): Promise<void> | undefined {
    this.#written += 1
    if (this.#response.destroyed || this.#response.write(piece)) return undefined
    return drained(this.#response)
  }

  end(): void {
    if (!this.#response.destroyed) this.#response.end()
  }

  cut(): void {
    this.#response.destroy()
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
