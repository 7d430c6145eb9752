// The floor: what a proxy on Node must do at the least for such a request. It reads the body, parses it (a gateway has to
// know the model), asks the upstream through undici, and streams the answer back. Nothing else, and nothing slower than it need be.
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { Pool, type Dispatcher } from 'undici'
import { runAsChild } from './run-as-child.ts'

export function createBareProxy(upstream: string): { readonly server: Server; readonly pool: Pool } {
  // undici's coarse time limits are off, as they are in the gateway.
  const pool = new Pool(upstream, { headersTimeout: 0, bodyTimeout: 0 })
  const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => forward(request, response, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
  })
  return { server, pool }

  function forward(request: IncomingMessage, response: ServerResponse, body: Buffer | undefined): void {
    let model: unknown
    try {
      const parsed: unknown = JSON.parse(body?.toString() ?? '')
      model = typeof parsed === 'object' && parsed !== null && 'model' in parsed ? parsed.model : undefined
    } catch {
      model = undefined
    }
    if (typeof model !== 'string') return void response.writeHead(400).end()
    pool.dispatch(
      { method: 'POST', path: request.url ?? '/', headers: { 'content-type': 'application/json' }, body: body ?? null },
      new Answer(response),
    )
  }
}

class Answer implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#response.once('close', () => {
      if (!this.#response.writableFinished) controller.abort(new Error('the client has gone'))
    })
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingMessage['headers']): void {
    const answer: OutgoingHttpHeaders = {}
    if (headers['content-type'] !== undefined) answer['content-type'] = headers['content-type']
    if (headers['content-length'] !== undefined) answer['content-length'] = headers['content-length']
    this.#response.writeHead(status, answer)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#response.write(chunk)) return
    controller.pause()
    this.#response.once('drain', () => controller.resume())
  }

  onResponseEnd(): void {
    this.#response.end()
  }

  onResponseError(): void {
    if (this.#response.headersSent) this.#response.destroy()
    else this.#response.writeHead(502).end()
  }
}

if (import.meta.main) runAsChild(createBareProxy(process.argv[2] ?? '').server)
