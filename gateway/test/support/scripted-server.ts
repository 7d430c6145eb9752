import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { whenOver } from './when-over.ts'

export interface ScriptedRequest {
  readonly method: string
  /** As sent, query included. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** Resolves when the other side closes its connection before the answer is complete. */
  readonly aborted: Promise<void>
}

export interface ScriptedServer {
  readonly url: string
  readonly port: number
  /** Requests whose body has come whole. */
  readonly requests: readonly ScriptedRequest[]
}

export type Script = (request: ScriptedRequest, response: ServerResponse) => void | Promise<void>

/** A backend that does what one test tells it to; closed when the test ends, or the file. */
export async function startScripted(script: Script): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    const aborted = new Promise<void>((resolve) => {
      response.once('close', () => {
        if (!response.writableFinished) resolve()
      })
    })
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('error', () => {})
    incoming.on('end', () => {
      const request: ScriptedRequest = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        headers: incoming.headers,
        rawHeaders: incoming.rawHeaders,
        body: Buffer.concat(chunks),
        aborted,
      }
      requests.push(request)
      void script(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  whenOver(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, requests }
}

export function answerJson(response: ServerResponse, value: unknown, headers: Readonly<Record<string, string | string[]>> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(value))
}
