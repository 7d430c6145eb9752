import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** A listening socket that can be shut and opened again on the port that it had. */
export interface Listener {
  readonly port: number
  readonly connections: () => number
  /** Does nothing when open. Rejects when the port is taken. */
  readonly open: () => Promise<void>
  /** Ends every connection. */
  readonly shut: () => Promise<void>
}

export interface ListenerOptions {
  readonly address: { readonly host: string; readonly port: number }
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void
  readonly onConnection: (socket: Socket) => void
  /** A connection was made or has ended. */
  readonly onChange: () => void
}

const MAXIMUM_HEADER_BYTES = 1_048_576

export async function createListener({ address, onRequest, onConnection, onChange }: ListenerOptions): Promise<Listener> {
  const sockets = new Set<Socket>()
  // Idle connections are closed only when a fault says so: a race nobody asked for would make tests fail at random.
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, maxHeaderSize: MAXIMUM_HEADER_BYTES }, onRequest)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      onChange()
    })
    onConnection(socket)
    onChange()
  })

  function listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, address.host, () => {
        server.off('error', reject)
        resolve()
      })
    })
  }

  await listen(address.port)
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0

  return {
    port,
    connections: () => sockets.size,
    open: () => (server.listening ? Promise.resolve() : listen(port)),
    shut() {
      if (!server.listening) return Promise.resolve()
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      for (const socket of sockets) socket.destroy()
      return closed
    },
  }
}
