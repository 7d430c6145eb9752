import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { onTestFinished } from 'vitest'
import { WebSocket, type ClientOptions } from 'ws'
import { peerOf, type Peer } from './realtime-peer.ts'

export interface RealtimeOptions {
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly protocols?: readonly string[]
  readonly options?: ClientOptions
}

export interface Client extends Peer {
  /** Of the 101. */
  readonly headers: IncomingHttpHeaders
}

/** What a client was told in place of a session. */
export class Refused extends Error {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: unknown

  constructor(status: number, headers: IncomingHttpHeaders, body: unknown) {
    super(`refused with ${status}: ${JSON.stringify(body)}`)
    this.status = status
    this.headers = headers
    this.body = body
  }
}

/** Opens a session; resolves once it stands, rejects with `Refused`. Cut when the test ends. */
export async function openRealtime(url: string, { path = '/v1/realtime?model=m', ...more }: RealtimeOptions = {}): Promise<Client> {
  const { headers = {}, protocols = [], options = {} } = more
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${path}`, [...protocols], {
    headers: { ...headers },
    perMessageDeflate: false,
    ...options,
  })
  onTestFinished(() => socket.terminate())
  const peer = peerOf(socket)
  let answered: IncomingHttpHeaders = {}
  socket.once('upgrade', (response) => {
    answered = response.headers
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.on('error', reject)
    socket.once('unexpected-response', (_request: ClientRequest, response: IncomingMessage) => {
      refusalOf(response).then(reject, reject)
    })
  })
  return { ...peer, headers: answered }
}

/** How a client is refused; rejects when it is not. */
export async function refusedRealtime(url: string, options: RealtimeOptions = {}): Promise<Refused> {
  const outcome = await openRealtime(url, options).catch((error: unknown) => error)
  if (outcome instanceof Refused) return outcome
  throw outcome instanceof Error ? outcome : new Error('the session was not refused')
}

async function refusalOf(response: IncomingMessage): Promise<Refused> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
  return new Refused(response.statusCode ?? 0, response.headers, JSON.parse(text))
}
