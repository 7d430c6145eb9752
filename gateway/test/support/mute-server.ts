import { createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface MuteServer {
  /** Under https its handshake never ends. */
  readonly port: number
  /** Connections that were made so far. */
  readonly made: () => number
}

/** Takes connections and never says a word; closed when the test ends. */
export async function startMute(): Promise<MuteServer> {
  const sockets = new Set<Socket>()
  let made = 0
  const server = createServer((socket) => {
    made += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  )
  const { port } = server.address() as AddressInfo
  return { port, made: () => made }
}
