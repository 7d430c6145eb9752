import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { eventually } from './eventually.ts'
import { peerOf, type Peer, type SeenHandshake } from './realtime-peer.ts'

export interface RealtimeBackend {
  readonly url: string
  readonly handshakes: readonly SeenHandshake[]
  readonly sessions: readonly Peer[]
  /** The session of that index, once there is one. */
  session(index?: number): Promise<Peer>
}

export interface RealtimeBackendOptions {
  /** What it does with each session; by default every message is sent back. */
  readonly onSession?: (peer: Peer) => void
  /** Another answer to a handshake than 101, or none at all; `accept` goes on as usual. */
  readonly onHandshake?: (request: IncomingMessage, socket: Duplex) => 'accept' | 'handled'
  /** The subprotocol that it chooses; the first one offered by default, false for none. */
  readonly choose?: (protocols: ReadonlySet<string>) => string | false
}

/** A backend that has nothing but sessions; closed when the test ends. */
export async function startRealtimeBackend(options: RealtimeBackendOptions = {}): Promise<RealtimeBackend> {
  const { onSession = echo, onHandshake = () => 'accept', choose = ([first]) => first ?? false } = options
  const handshakes: SeenHandshake[] = []
  const sessions: Peer[] = []
  const sockets = new Set<Duplex>()
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, handleProtocols: choose })
  const server = createServer((_request, response) => response.writeHead(404).end())
  server.on('upgrade', (request, socket, head) => {
    sockets.add(socket)
    socket.on('error', () => {})
    handshakes.push({ path: request.url ?? '', headers: request.headers })
    if (onHandshake(request, socket) === 'handled') return
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => {})
      const peer = peerOf(webSocket)
      onSession(peer)
      sessions.push(peer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        for (const socket of sockets) socket.destroy()
      }),
  )
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    handshakes,
    sessions,
    session: (index = 0) =>
      eventually(() => {
        const session = sessions[index]
        if (session === undefined) throw new Error(`There are ${sessions.length} sessions`)
        return session
      }),
  }
}

function echo({ socket }: Peer): void {
  socket.on('message', (data, binary) => socket.send(data, { binary }))
}

/** Answers a handshake in plain HTTP. */
export function answerPlain(socket: Duplex, status: string, body = '', headers: readonly string[] = []): 'handled' {
  const lines = [`HTTP/1.1 ${status}`, 'connection: close', `content-length: ${Buffer.byteLength(body)}`, ...headers]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
  return 'handled'
}
